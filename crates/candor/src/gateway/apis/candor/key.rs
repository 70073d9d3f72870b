//! `GET /v1/candor/key`
