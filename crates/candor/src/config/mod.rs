//! Configuration: one struct a file, each key declared once. Pure: text and environment in, values or one clear sentence out.
