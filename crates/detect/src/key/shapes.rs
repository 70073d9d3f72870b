//! Keys by the shape that their issuers give them: fixed first letters, an alphabet, a length.
//!
//! Promises: one pass over the text for all of them; a wide search takes a key that was cut, a strict one wants its whole length.
//! Leaves out: keys without fixed letters (Cohere, Datadog, Mistral …), which only a name beside them tells.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};

use crate::{Finding, Kind, Width};

/// What follows the first letters.
#[derive(Debug, Clone, Copy)]
enum Alphabet {
    /// Letters and digits.
    Plain,
    /// And `_` and `-`.
    Word,
    /// And `.`, `=`, `/`, `+`, `~`, `%`.
    Token,
    /// Digits and A to F of either case.
    Hex,
    /// Big letters and digits.
    Big,
}

impl Alphabet {
    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Plain => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Token => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=' | b'/' | b'+' | b'~' | b'%')
            }
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Big => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        }
    }
}

use Alphabet::{Big, Hex, Plain, Token, Word};

/// First letters, the alphabet, how much must follow strictly, and widely.
type Shape = (&'static str, Alphabet, usize, usize);

#[rustfmt::skip]
const SHAPES: &[Shape] = &[
    ("cdr_", Plain, 43, 4), // Candor
    // Models: OpenAI, Anthropic, OpenRouter, DeepSeek and whoever does as they do; then Groq, xAI, Perplexity, Replicate, NVIDIA, …
    ("sk-", Word, 20, 8), ("sess-", Plain, 40, 20), ("gsk_", Plain, 48, 12), ("xai-", Word, 60, 12), ("pplx-", Plain, 40, 12), ("r8_", Plain, 32, 12),
    ("nvapi-", Word, 40, 12), ("tgp_v1_", Word, 40, 12), ("fw_", Plain, 22, 16), ("hf_", Plain, 30, 12), ("api_org_", Plain, 30, 12),
    ("lsv2_pt_", Word, 32, 12), ("lsv2_sk_", Word, 32, 12), ("pcsk_", Word, 40, 12), ("jina_", Word, 40, 12), ("esecret_", Word, 20, 12),
    // Payment
    ("sk_live_", Plain, 10, 8), ("sk_test_", Plain, 10, 8), ("sk_prod_", Plain, 10, 8), ("rk_live_", Plain, 10, 8), ("rk_test_", Plain, 10, 8),
    ("rk_prod_", Plain, 10, 8), ("pk_live_", Plain, 10, 8), ("pk_test_", Plain, 10, 8), ("whsec_", Token, 24, 8), ("rzp_live_", Plain, 14, 8),
    ("rzp_test_", Plain, 14, 8), ("sq0atp-", Word, 22, 12), ("sq0csp-", Word, 43, 12), ("FLWSECK_", Word, 20, 12), ("FLWPUBK_", Word, 20, 12),
    ("live_", Word, 35, 30), ("test_", Word, 35, 30), ("shippo_live_", Hex, 40, 12), ("shippo_test_", Hex, 40, 12), ("EZAK", Plain, 54, 40),
    ("EZTK", Plain, 54, 40), ("duffel_live_", Token, 40, 12), ("duffel_test_", Token, 40, 12), ("access_token$production$", Hex, 32, 12),
    // Code: GitHub, GitLab, registries
    ("ghp_", Plain, 36, 16), ("gho_", Plain, 36, 16), ("ghs_", Plain, 36, 16), ("ghu_", Plain, 36, 16), ("ghr_", Plain, 36, 16),
    ("github_pat_", Word, 80, 16), ("glpat-", Token, 20, 12), ("gldt-", Word, 20, 12), ("glrt-", Token, 20, 12), ("glptt-", Hex, 40, 12),
    ("glft-", Word, 20, 12), ("glsoat-", Word, 20, 12), ("glcbt-", Word, 20, 12), ("glimt-", Word, 25, 12), ("glagent-", Word, 50, 12),
    ("gloas-", Word, 64, 12), ("glffct-", Word, 20, 12), ("GR1348941", Word, 20, 12), ("_gitlab_session=", Plain, 32, 12), ("npm_", Plain, 36, 16),
    ("pypi-AgE", Word, 50, 16), ("rubygems_", Hex, 48, 16), ("CLOJARS_", Plain, 60, 16), ("dckr_pat_", Word, 27, 12), ("AKCp", Plain, 69, 30),
    ("cmVmd", Plain, 59, 30), ("sgp_", Word, 40, 16), ("squ_", Plain, 40, 16), ("sqp_", Plain, 40, 16), ("sqa_", Plain, 40, 16),
    // Clouds
    ("AKIA", Big, 16, 16), ("ASIA", Big, 16, 16), ("ABIA", Big, 16, 16), ("ACCA", Big, 16, 16), ("A3T", Big, 17, 17), ("ABSK", Token, 109, 40),
    ("bedrock-api-key-", Token, 20, 12), ("AIza", Word, 35, 30), ("ya29.", Word, 30, 20), ("GOCSPX-", Word, 28, 12), ("LTAI", Plain, 17, 17),
    ("dop_v1_", Hex, 64, 12), ("doo_v1_", Hex, 64, 12), ("dor_v1_", Hex, 64, 12), ("v1.0-", Hex, 24, 24), ("HRKU-AA", Word, 58, 16),
    ("fo1_", Word, 43, 16), ("fm1_", Token, 100, 16), ("fm1a_", Token, 100, 16), ("fm1r_", Token, 100, 16), ("fm2_", Token, 100, 16),
    ("dapi", Hex, 32, 32), ("tk-us-", Word, 48, 12), ("pul-", Hex, 40, 16), ("nfp_", Plain, 36, 16), ("sbp_", Hex, 40, 16), ("sb_secret_", Word, 20, 12),
    ("t1.", Token, 80, 40), ("AQVN", Word, 35, 30), ("YC", Word, 38, 38), ("4b1d", Plain, 38, 38), ("ocp_", Word, 20, 16),
    // Data, secrets, monitoring
    ("hvs.", Word, 90, 16), ("hvb.", Word, 138, 16), ("hvr.", Word, 60, 16), ("dp.pt.", Plain, 43, 12), ("AGE-SECRET-KEY-1", Big, 58, 16),
    ("ops_eyJ", Token, 250, 16), ("A3-", Token, 30, 30), ("pscale_tkn_", Token, 32, 12), ("pscale_oauth_", Token, 32, 12), ("pscale_pw_", Token, 32, 12),
    ("glc_", Token, 32, 16), ("glsa_", Word, 41, 16), ("eyJrIjoi", Plain, 70, 30), ("dt0c01.", Token, 80, 16), ("sntrys_", Token, 60, 16),
    ("sntryu_", Hex, 64, 16), ("NRAK-", Plain, 27, 12), ("NRJS-", Plain, 19, 12), ("NRII-", Word, 32, 12), ("phc_", Plain, 40, 16), ("phx_", Plain, 40, 16),
    ("pnu_", Plain, 36, 16), ("PMAK-", Word, 59, 16), ("sm_aat_", Plain, 16, 12), ("sm_pat_", Plain, 16, 12), ("sm_sat_", Plain, 16, 12),
    ("rdme_", Plain, 70, 16), ("ico-", Plain, 32, 16), ("API-", Big, 26, 20), ("pat.", Token, 60, 40), ("tfp_", Token, 59, 16), ("sha256~", Word, 43, 20),
    ("xkeysib-", Word, 64, 16), ("xsmtpsib-", Word, 64, 16), ("SG.", Token, 60, 20), ("SK", Hex, 32, 32), ("key-", Hex, 32, 32), ("pubkey-", Hex, 32, 32),
    // Talk, tasks, shops, networks
    ("xoxa-", Word, 10, 8), ("xoxb-", Word, 10, 8), ("xoxe-", Word, 10, 8), ("xoxe.", Token, 10, 8), ("xoxo-", Word, 10, 8), ("xoxp-", Word, 10, 8),
    ("xoxr-", Word, 10, 8), ("xoxs-", Word, 10, 8), ("xapp-", Word, 10, 8), ("hooks.slack.com/", Token, 30, 20), ("webhook.office.com/webhookb2/", Token, 40, 20),
    ("lin_api_", Plain, 40, 12), ("lin_oauth_", Plain, 40, 12), ("ntn_", Plain, 40, 16), ("secret_", Plain, 40, 16), ("figd_", Word, 30, 16),
    ("shpat_", Hex, 32, 12), ("shpca_", Hex, 32, 12), ("shppa_", Hex, 32, 12), ("shpss_", Hex, 32, 12), ("ATATT3", Token, 180, 30), ("ATCTT3", Token, 60, 30),
    ("ATBB", Plain, 32, 28), ("CFPAT-", Word, 40, 16), ("fio-u-", Token, 60, 16), ("EAAA", Plain, 60, 40), ("EAAC", Plain, 60, 40), ("EAAM", Plain, 60, 40),
    ("s-s4t2", Token, 60, 16), ("patp", Plain, 40, 40), ("AAAAAAAAAAAAAAAAAAAAAA", Token, 80, 30), ("_mmk", Plain, 10, 10), ("secret-token:", Token, 20, 8),
    (".atlasv1.", Token, 60, 20), ("p8e-", Plain, 32, 12), ("sat.", Token, 60, 40), ("authress_", Token, 60, 20),
    // Web tokens: a head that begins with `{"`, more parts after points; the same once more in base64.
    ("eyJ", Token, 40, 16), ("ZXlK", Token, 70, 40),
];

static FIRST_LETTERS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasickBuilder::new()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::LeftmostLongest)
        .build(SHAPES.iter().map(|(first, ..)| first))
        .expect("a constant list of short words, which the tests build")
});

/// Adds every key that is known by its shape.
pub(super) fn find(text: &str, width: Width, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(first) = FIRST_LETTERS.find(&bytes[from..]) {
        let (start, letters_end) = (from + first.start(), from + first.end());
        let (letters, alphabet, strict, wide) = SHAPES[first.pattern().as_usize()];
        let least = if width == Width::Strict { strict } else { wide };
        let rest = &bytes[letters_end..];
        let touched =
            start > 0 && (bytes[start - 1].is_ascii_alphanumeric() && letters.as_bytes()[0].is_ascii_alphanumeric());
        let enough = rest.len() >= least && rest[..least].iter().all(|byte| alphabet.has(*byte));
        from = letters_end;
        if enough && !touched {
            let length = rest.iter().position(|byte| !alphabet.has(*byte)).unwrap_or(rest.len());
            if is_key(letters, &rest[..length]) {
                found.push(Finding::new(Kind::Key, start, letters_end + length));
            }
            from = letters_end + length;
        }
    }
}

/// What a word that happens to begin like a key is not: `sk-learn-contrib`, `test_that_a_long_name_is_no_key`.
fn is_key(letters: &str, rest: &[u8]) -> bool {
    // The other first letters begin no word.
    const WORDS: [&str; 8] = [
        "sk-",
        "live_",
        "test_",
        "secret_",
        "secret-token:",
        "pat.",
        "API-",
        "jina_",
    ];
    let has_digit = rest.iter().any(u8::is_ascii_digit);
    let has_both_cases = rest.iter().any(u8::is_ascii_uppercase) && rest.iter().any(u8::is_ascii_lowercase);
    match letters {
        // A web token has at least two parts, a head of a few letters alone is just a word.
        "eyJ" => rest.iter().filter(|byte| **byte == b'.').count() > 0 || rest.len() >= 30,
        "AAAAAAAAAAAAAAAAAAAAAA" => super::variety(rest) > 10,
        _ => has_digit || has_both_cases || !WORDS.contains(&letters),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_shapes_begin_alike_and_a_cut_key_is_a_wide_one() {
        for (place, (letters, _, strict, wide)) in SHAPES.iter().enumerate() {
            assert!(
                SHAPES[..place].iter().all(|(other, ..)| other != letters),
                "{letters} stands twice"
            );
            assert!(wide <= strict && *wide >= 4, "{letters}");
        }
    }
}
