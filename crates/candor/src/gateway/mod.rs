//! The model APIs: the pipeline of stages, the APIs, the providers.
