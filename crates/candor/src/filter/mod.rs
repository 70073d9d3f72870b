//! The filter of prompts and answers: rules and decisions (the matchers themselves are in `detect`).
