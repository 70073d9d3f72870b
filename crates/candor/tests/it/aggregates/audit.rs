//! The anonymity audit: singling out, linking, inference (privacy.md 4a), each tried by an attacker who knows everything but
//! one thing, and each shown to work where there is no protection.
#![expect(
    clippy::float_arithmetic,
    reason = "the audit compares frequencies; what is released never saw a float"
)]

use std::sync::LazyLock;

use base::money::Micro;
use base::random::SeededRandom;
use candor::privacy::aggregates::{
    Counted, Ending, Measure, ReleasedCell, Strictness, Tally, Universe, Verdict, least_shown, select,
};
use policy::Document;
use policy::parameters::Parameters;

/// As promised to everybody.
fn promised() -> Strictness {
    static PROMISED: LazyLock<Strictness> = LazyLock::new(|| {
        let parameters = Parameters::of(&Document::embedded().unwrap(), &[]).unwrap();
        Strictness {
            k: parameters.aggregates_k,
            epsilon: parameters.aggregates_epsilon,
        }
    });
    *PROMISED
}

fn epsilon() -> f64 {
    f64::from(promised().epsilon.get()) / 1000.0
}

fn universe() -> Universe {
    Universe::new(["big", "small"], ["one", "two"])
}

/// What one account did: so many equal requests to a model at a provider.
#[derive(Clone, Copy)]
struct Did {
    model: &'static str,
    provider: &'static str,
    requests: u64,
    tokens: u64,
}

const USUAL: Did = Did {
    model: "big",
    provider: "one",
    requests: 10,
    tokens: 700,
};
/// More than anybody's share: what an attacker would see best.
const HEAVY: Did = Did {
    requests: 1_000,
    tokens: 40_000,
    ..USUAL
};

fn add(tally: &mut Tally<'_>, accounts: usize, did: Did) {
    for _ in 0..accounts {
        let mut account = tally.account();
        for _ in 0..did.requests {
            account.count(&Counted {
                model: did.model,
                provider: Some(did.provider),
                ending: Ending::Completed,
                input_tokens: did.tokens,
                output_tokens: did.tokens,
                cost: Micro::new(i64::try_from(did.tokens).unwrap()),
            });
        }
        tally.add(account);
    }
}

fn world<'a>(universe: &'a Universe, population: &[(usize, Did)]) -> Tally<'a> {
    let mut tally = Tally::new(universe);
    for (accounts, did) in population {
        add(&mut tally, *accounts, *did);
    }
    tally
}

fn release(world: &Tally<'_>, random: &SeededRandom) -> Vec<ReleasedCell> {
    select(world.clone(), promised(), random).released
}

fn k() -> usize {
    usize::try_from(promised().k).unwrap()
}

/// Enough accounts for a cell to be released nearly always.
fn plenty() -> usize {
    usize::try_from(least_shown(promised())).unwrap() + 60
}

// --- singling out --------------------------------------------------------------------------------------------------

#[test]
fn no_released_number_is_about_fewer_than_k_accounts() {
    let (universe, random) = (universe(), SeededRandom::new(1));
    let mut released = 0;
    for _ in 0..400 {
        let sizes: Vec<(usize, Did)> = [("big", "one"), ("big", "two"), ("small", "one"), ("small", "two")]
            .into_iter()
            .map(|(model, provider)| {
                let accounts = usize::try_from(random.below(3 * u64::from(promised().k) + 60)).unwrap();
                (
                    accounts,
                    Did {
                        model,
                        provider,
                        requests: 1,
                        tokens: 1,
                    },
                )
            })
            .collect();
        let all: usize = sizes.iter().map(|(accounts, _)| accounts).sum();
        let cells = release(&world(&universe, &sizes), &random);
        released += cells.len();
        let named: Vec<usize> = cells
            .iter()
            .filter_map(|cell| {
                let is_it = |did: &Did| did.model == cell.name.model && did.provider == cell.name.provider;
                sizes.iter().find(|(_, did)| is_it(did)).map(|(accounts, _)| *accounts)
            })
            .collect();
        assert!(named.iter().all(|accounts| *accounts >= k()), "{named:?}");
        if named.len() < cells.len() {
            assert!(all - named.iter().sum::<usize>() >= k(), "the rest is a cell, too");
        }
    }
    assert!(released > 200, "an audit of nothing proves nothing: {released}");
}

#[test]
fn below_k_nothing_is_released_however_lucky_the_noise_and_above_enough_something_is() {
    let (universe, random) = (universe(), SeededRandom::new(2));
    let lonely = world(&universe, &[(k() - 1, HEAVY)]);
    let crowded = world(&universe, &[(plenty(), USUAL)]);
    for _ in 0..2_000 {
        let selection = select(lonely.clone(), promised(), &random);
        assert_eq!(
            (selection.verdicts, selection.rest),
            (vec![Verdict::TooFew], Verdict::TooFew)
        );
        assert_eq!(selection.released, []);
        assert_eq!(release(&crowded, &random).len(), 1);
    }
}

// --- inference: the attacker holds all accounts but one -------------------------------------------------------------

#[test]
fn who_holds_k_minus_one_accounts_does_not_learn_whether_there_is_another() {
    let (universe, random) = (universe(), SeededRandom::new(3));
    let alone = world(&universe, &[(k() - 1, USUAL)]);
    let joined = world(&universe, &[(k() - 1, USUAL), (1, HEAVY)]);
    for _ in 0..5_000 {
        // What is kept for ever is the same in both worlds; only the exact verdict, which nobody is shown, differs.
        assert_eq!(release(&alone, &random), release(&joined, &random));
    }
    assert_eq!(select(joined, promised(), &random).verdicts, [Verdict::TooClose]);
}

const LOOKS: usize = 20_000;

/// How often each of these events happens, over many releases of a world.
fn frequencies(world: &Tally<'_>, seed: u64, read: fn(&ReleasedCell) -> u64, bounds: &[u64]) -> Vec<f64> {
    let random = SeededRandom::new(seed);
    let mut seen = vec![0_u32; bounds.len()];
    for _ in 0..LOOKS {
        let number = release(world, &random).first().map_or(0, read);
        for (count, bound) in seen.iter_mut().zip(bounds) {
            *count += u32::from(number >= *bound);
        }
    }
    seen.into_iter().map(|count| f64::from(count) / LOOKS as f64).collect()
}

/// The worst amount by which one world's events are likelier than ε and four standard deviations allow.
fn excess(one: &[f64], other: &[f64], epsilon: f64) -> f64 {
    let over = |one: f64, other: f64| {
        let allowed = other * epsilon.exp() + 1e-6;
        let deviation = ((one * (1.0 - one) + allowed * allowed.min(1.0)) / LOOKS as f64).sqrt();
        one - allowed - 4.0 * deviation
    };
    let both = one.iter().zip(other);
    both.map(|(one, other)| {
        over(*one, *other)
            .max(over(*other, *one))
            .max(over(1.0 - one, 1.0 - other))
    })
    .fold(f64::MIN, f64::max)
}

/// ε-indistinguishability of a world with and without one account, as the events show it; and that four accounts at once, which
/// nobody promised to hide, are told apart by the same events.
fn one_hides_and_four_do_not(accounts: usize, share: f64, read: fn(&ReleasedCell) -> u64, bounds: &[u64]) {
    let universe = universe();
    let with = |victims| world(&universe, &[(accounts, USUAL), (victims, HEAVY)]);
    let without = frequencies(&with(0), 4, read, bounds);
    let one = frequencies(&with(1), 5, read, bounds);
    let four = frequencies(&with(4), 6, read, bounds);
    assert!(
        without.iter().any(|often| (0.05..0.95).contains(often)),
        "the events tell nothing: {without:?}"
    );
    let promised = share * epsilon();
    assert!(excess(&one, &without, promised) <= 0.0, "{without:?} {one:?}");
    assert!(
        excess(&four, &without, promised) > 0.0,
        "the test is blind: {without:?} {four:?}"
    );
}

#[test]
fn one_account_more_or_less_hides_in_the_decision_and_in_the_number_of_accounts() {
    let least = least_shown(promised());
    let bounds: Vec<u64> = (0..12).map(|more| least + more).collect();
    one_hides_and_four_do_not(
        usize::try_from(least).unwrap(),
        12.0 / 32.0,
        |cell| cell.accounts,
        &bounds,
    );
}

#[test]
fn one_account_more_or_less_hides_in_the_number_of_requests() {
    let middle = plenty() as u64 * USUAL.requests;
    let bounds: Vec<u64> = (0..12).map(|step| middle - 1_000 + step * 500).collect();
    one_hides_and_four_do_not(plenty(), 3.0 / 32.0, |cell| cell.sums[0], &bounds);
}

// --- differencing ---------------------------------------------------------------------------------------------------

/// The share of right guesses of somebody who can't tell two worlds apart by more than ε.
fn most_right(epsilon: f64) -> f64 {
    epsilon.exp() / (1.0 + epsilon.exp())
}

const GUESSES: u32 = 3_000;

/// A coin decides which of two worlds is real; `guess` sees its numbers. The share of right guesses.
fn right_guesses(seed: u64, mut see: impl FnMut(bool, &SeededRandom) -> bool) -> f64 {
    let random = SeededRandom::new(seed);
    let right = (0..GUESSES).filter(|_| {
        let coin = random.below(2) == 1;
        see(coin, &random) == coin
    });
    f64::from(u32::try_from(right.count()).unwrap()) / f64::from(GUESSES)
}

/// All measures of a release on one scale, the share of one account being 1.
fn height(cells: &[ReleasedCell]) -> f64 {
    let of_cell = |cell: &ReleasedCell| {
        let sums = cell.sums.iter().zip(Measure::ALL);
        let sums: f64 = sums.map(|(sum, measure)| *sum as f64 / measure.cap() as f64).sum();
        sums + cell.accounts as f64 * 4.0
    };
    cells.iter().map(of_cell).sum()
}

#[test]
fn the_difference_of_two_days_does_not_show_who_was_absent_on_one() {
    let universe = universe();
    let without = world(&universe, &[(plenty(), USUAL)]);
    let with = world(&universe, &[(plenty(), USUAL), (1, HEAVY)]);
    let guessed = right_guesses(7, |came_today, random| {
        let (yesterday, today) = if came_today {
            (&without, &with)
        } else {
            (&with, &without)
        };
        height(&release(today, random)) > height(&release(yesterday, random))
    });
    // The account is in one of the two releases: its ε is spent in each of the worlds once.
    assert!(guessed < most_right(2.0 * epsilon()) + 0.03, "{guessed}");
    // With numbers as exact as a table in a database, nobody guesses wrong: the attack itself works.
    let clear = Strictness {
        epsilon: policy::parameters::Thousandths::new(4_000_000),
        ..promised()
    };
    let exact = |world: &Tally<'_>, random: &SeededRandom| height(&select(world.clone(), clear, random).released);
    let sure = right_guesses(8, |came_today, random| {
        let (yesterday, today) = if came_today {
            (&without, &with)
        } else {
            (&with, &without)
        };
        exact(today, random) > exact(yesterday, random)
    });
    assert!(sure > 0.99, "{sure}");
}

#[test]
fn what_is_suppressed_is_in_no_margin_and_no_total() {
    let (universe, random) = (universe(), SeededRandom::new(9));
    let hidden = Did {
        model: "small",
        ..HEAVY
    };
    let worlds = [0, k() - 1].map(|accounts| world(&universe, &[(plenty(), USUAL), (accounts, hidden)]));
    let [without, with] = worlds.map(|world| {
        let totals: Vec<f64> = (0..500)
            .map(|_| {
                let cells = release(&world, &random);
                assert!(cells.iter().all(|cell| cell.name.model == "big"), "{cells:?}");
                cells.iter().map(|cell| cell.sums[0] as f64).sum()
            })
            .collect();
        totals.iter().sum::<f64>() / totals.len() as f64
    });
    let hidden_requests = (k() - 1) as f64 * Measure::Requests.cap() as f64;
    assert!((with - without).abs() < hidden_requests / 4.0, "{without} {with}");
}

// --- linking with books and usage lines ------------------------------------------------------------------------------

#[test]
fn no_released_number_is_found_again_in_the_books() {
    let (universe, random) = (universe(), SeededRandom::new(10));
    let accounts = plenty();
    let world = world(&universe, &[(accounts, USUAL)]);
    // The books know each account's exact requests and tokens of the day, and so every sum over some of them.
    let lines = accounts as u64 * USUAL.requests;
    let (mut looked, mut found) = (0, 0);
    for _ in 0..500 {
        for cell in release(&world, &random) {
            looked += 1;
            found += u32::from(cell.sums[0] == lines) + u32::from(cell.sums[1] == lines * USUAL.tokens);
        }
    }
    assert!(looked > 490 && found <= 3, "{found} of {looked}");
}

#[test]
fn the_books_and_a_release_together_do_not_tell_which_provider_somebody_used() {
    let universe = universe();
    // Usage lines name the model and no provider. The attacker knows everybody's lines, and the provider of all but one.
    let at = |provider| {
        let two = Did {
            provider: "two",
            ..USUAL
        };
        world(
            &universe,
            &[(plenty(), USUAL), (plenty(), two), (1, Did { provider, ..HEAVY })],
        )
    };
    let (one, two) = (at("one"), at("two"));
    let guessed = right_guesses(11, |is_one, random| {
        let cells = release(if is_one { &one } else { &two }, random);
        let of = |provider: &str| {
            let found: Vec<ReleasedCell> = cells
                .iter()
                .filter(|cell| cell.name.provider == provider)
                .cloned()
                .collect();
            height(&found)
        };
        of("one") > of("two")
    });
    // Moving between cells is leaving one and entering another.
    assert!(guessed < most_right(2.0 * epsilon()) + 0.03, "{guessed}");
}
