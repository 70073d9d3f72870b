//! `GET /v1/candor/receipts/{id}`
