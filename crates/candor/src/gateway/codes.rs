//! The codes of errors: what programs branch on. A closed list, each with its section in `docs/reference/errors.md`.

/// Every code that Candor makes, in the order of the documentation. Codes of providers pass besides.
pub const CODES: &[&str] = &[
    "invalid_api_key",
    "account_frozen",
    "processing_denied",
    "invalid_json",
    "missing_required_parameter",
    "invalid_type",
    "duplicate_parameter",
    "unsupported_parameter",
    "invalid_content_type",
    "invalid_header",
    "invalid_control",
    "unsupported_control",
    "request_too_large",
    "request_timeout",
    "incomplete_body",
    "unknown_url",
    "model_not_found",
    "unsupported_model",
    "content_policy_violation",
    "insufficient_quota",
    "receipt_not_found",
    "rate_limit_exceeded",
    "upstream_failed",
    "upstream_overloaded",
    "upstream_timeout",
    "authentication_unavailable",
    "store_unavailable",
    "overloaded",
    "shutting_down",
    "internal_error",
    "upstream_cut",
    "idle_timeout",
    "total_timeout",
    "not_recorded",
    "sandbox_error",
];

/// The code, which stands in the list.
pub(super) fn declared(code: &'static str) -> &'static str {
    debug_assert!(
        CODES.contains(&code),
        "the code '{code}' is not declared in `gateway::codes`"
    );
    code
}
