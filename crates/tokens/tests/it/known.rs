//! Numbers that OpenAI's documentation gives ("How to count tokens with tiktoken", OpenAI's cookbook).

use tokens::Encoding;

#[test]
fn the_cookbooks_examples_have_the_cookbooks_numbers() {
    for (text, cl100k, o200k) in [
        ("tiktoken is great!", 6, 6),
        ("antidisestablishmentarianism", 6, 6),
        ("2 + 2 = 4", 7, 7),
        ("お誕生日おめでとう", 9, 8),
    ] {
        assert_eq!(Encoding::Cl100k.count(text), cl100k, "{text}");
        assert_eq!(Encoding::O200k.count(text), o200k, "{text}");
    }
}

#[test]
fn a_text_that_looks_like_a_special_token_is_a_text() {
    assert_eq!(Encoding::O200k.count("<|endoftext|>"), 7);
    assert_eq!(Encoding::Cl100k.count("<|endoftext|>"), 7);
    assert_eq!(Encoding::O200k.count(""), 0);
}
