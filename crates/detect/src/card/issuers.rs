//! Who may give which numbers.
//!
//! Promises: ranges of the first digits with the lengths that their issuers give, from the issuers' own pages and the public list of
//! ISO/IEC 7812 numbers, as checked in November 2026. Ranges that are no longer given, or so wide that other numbers fall into
//! them, count only in a wide search.
//! Leaves out: numbers that no person pays with (fleet, health, loyalty).

use crate::Width;

/// How many first digits a range is told in.
const PLACES: usize = 6;

struct Issuer {
    /// The first and last six digits.
    from: u32,
    to: u32,
    /// Bit n: numbers of n digits.
    lengths: u32,
    width: Width,
}

const fn issuer(from: u32, to: u32, shortest: u32, longest: u32) -> Issuer {
    Issuer {
        from,
        to,
        lengths: (1 << (longest + 1)) - (1 << shortest),
        width: Width::Strict,
    }
}

const fn retired(from: u32, to: u32, shortest: u32, longest: u32) -> Issuer {
    Issuer {
        width: Width::Wide,
        ..issuer(from, to, shortest, longest)
    }
}

#[rustfmt::skip]
const ISSUERS: [Issuer; 39] = [
    issuer(400_000, 499_999, 16, 16), issuer(400_000, 499_999, 13, 13), issuer(400_000, 499_999, 19, 19), // Visa
    issuer(510_000, 559_999, 16, 16), issuer(222_100, 272_099, 16, 16), // Mastercard
    issuer(340_000, 349_999, 15, 15), issuer(370_000, 379_999, 15, 15), // American Express
    issuer(601_100, 601_199, 16, 19), issuer(644_000, 659_999, 16, 19), issuer(622_126, 622_925, 16, 19), // Discover
    issuer(300_000, 305_999, 14, 14), issuer(300_000, 305_999, 16, 19), issuer(309_500, 309_599, 14, 19), // Diners
    issuer(360_000, 369_999, 14, 19), issuer(380_000, 399_999, 14, 14), issuer(380_000, 399_999, 16, 19),
    issuer(352_800, 358_999, 16, 19), retired(180_000, 180_099, 15, 15), retired(213_100, 213_199, 15, 15), // JCB
    retired(350_000, 359_999, 16, 16),
    issuer(620_000, 629_999, 16, 19), issuer(810_000, 817_199, 16, 19), // UnionPay
    issuer(220_000, 220_499, 16, 19), // Mir
    issuer(979_200, 979_299, 16, 16), // Troy
    issuer(508_500, 508_999, 16, 16), issuer(606_985, 608_500, 16, 16), // RuPay
    issuer(506_099, 506_198, 16, 19), // Verve
    issuer(501_900, 501_999, 16, 16), // Dankort
    issuer(636_000, 639_999, 16, 19), // InterPayment, InstaPayment, Elo, Maestro's UK successors
    issuer(860_000, 860_099, 16, 16), issuer(986_000, 986_099, 16, 16), issuer(970_400, 970_499, 16, 19), // Uzcard, Humo, Napas
    // Maestro. The short ones are found in a wide search only: any eighth number of twelve digits would be one.
    issuer(501_800, 501_899, 16, 19), issuer(502_000, 503_899, 16, 19), issuer(589_300, 589_399, 16, 19),
    issuer(630_400, 630_499, 16, 19), issuer(675_900, 676_399, 16, 19),
    retired(500_000, 509_999, 12, 19), retired(560_000, 699_999, 12, 19),
];

/// The lengths, as bits, that numbers with these first digits have.
pub(super) fn lengths(digits: impl Iterator<Item = u8>, width: Width) -> u32 {
    let first = digits
        .take(PLACES)
        .fold(0, |number, digit| number * 10 + u32::from(digit));
    let matching = |issuer: &&Issuer| {
        (issuer.from..=issuer.to).contains(&first) && (issuer.width == Width::Strict || width == Width::Wide)
    };
    let known = ISSUERS
        .iter()
        .filter(matching)
        .fold(0, |lengths, issuer| lengths | issuer.lengths);
    // 0604 was Maestro's, too.
    if width == Width::Wide && first / 100 == 604 {
        known | 1 << 12
    } else {
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_counts_with_the_lengths_that_its_issuer_gives() {
        let of = |first: u32, width| {
            let digits: Vec<u8> = format!("{first:06}").bytes().map(|byte| byte - b'0').collect();
            let bits = lengths(digits.into_iter(), width);
            (0..32).filter(|length| bits & (1 << length) != 0).collect::<Vec<u32>>()
        };
        assert_eq!(of(424_242, Width::Strict), [13, 16, 19]);
        assert_eq!(of(378_282, Width::Strict), [15]);
        assert_eq!(of(272_100, Width::Wide), [0_u32; 0]);
        assert_eq!(of(213_100, Width::Strict), [0_u32; 0]);
        assert_eq!(
            (of(213_100, Width::Wide), of(60_426, Width::Wide)),
            (vec![15], vec![12])
        );
        for issuer in &ISSUERS {
            assert!(issuer.from < issuer.to && issuer.lengths >> 20 == 0 && issuer.lengths & 0xfff == 0);
        }
    }
}
