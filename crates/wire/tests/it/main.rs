//! Tests of the wire formats through their public face.

mod corpus;
