//! Bodies and streams that no sane peer sends, made from the corpus, for every reader: no panic, memory bounded by the
//! input, time in proportion to it, and what a writer writes its reader accepts.
//!
//! `cargo test -p wire --test fuzz` looks at a fixed number of inputs; `… --test fuzz -- --seconds 60 --seed 7` as long
//! as one likes. The same seed makes the same inputs. What it finds it makes small and tells where it lies: such a file
//! goes into `corpus/found/`, which every run begins with.
//!
//! The mutator is our own: it has to know JSON and event streams to get past the first check of a reader, coverage
//! needs no guidance in code whose branches are the members of the corpus, and nothing has to be installed. It is a test
//! of its own, not a module of `it`, since memory can only be measured where nothing else runs.

#![expect(
    clippy::disallowed_methods,
    reason = "a test reads its own folder and measures how long it takes"
)]

mod bodies;
mod mutate;
mod proportion;
mod streams;

use mutate::{Mutator, Random};
use peak_alloc::PeakAlloc;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// So many inputs where nobody says how many.
const INPUTS: u64 = 1000;

/// What the last panic said.
static PANIC: Mutex<String> = Mutex::new(String::new());

/// An input, and what of it is wrong if anything is.
type Verdict = Result<(), String>;

struct Options {
    seed: u64,
    inputs: u64,
    seconds: Option<u64>,
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        return ExitCode::SUCCESS;
    };
    std::panic::set_hook(Box::new(|panic| {
        let mut told = PANIC.lock().expect("nothing panics while it writes");
        told.clear();
        write!(told, "{panic}").expect("a text takes every text");
    }));
    let outcome = catch_unwind(|| run(&options)).unwrap_or_else(|_| Err(panicked()));
    match outcome {
        Ok(told) => {
            say(&told);
            ExitCode::SUCCESS
        }
        Err(told) => {
            say(&told);
            ExitCode::FAILURE
        }
    }
}

/// `None` where cargo only lists tests, or filters by a name that is not this one's.
fn options() -> Option<Options> {
    let mut options = Options {
        seed: 1,
        inputs: INPUTS,
        seconds: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse().ok());
        match argument.as_str() {
            "--seed" => options.seed = number()?,
            "--inputs" => options.inputs = number()?,
            "--seconds" => options.seconds = Some(number()?),
            "--list" => return None,
            filter if !filter.starts_with('-') && !"fuzz".contains(filter) => return None,
            _ => {}
        }
    }
    Some(options)
}

fn run(options: &Options) -> Result<String, String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let seeds = files(&corpus);
    for (path, body) in &seeds {
        judge(body, &mut Random::new(0)).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
    }
    proportion::judge()?;
    let mutator = Mutator::new(seeds.iter().map(|(_, body)| body.clone()).collect());
    let begun = Instant::now();
    let mut looked_at = 0;
    let mut accepted = 0;
    loop {
        let is_enough = match options.seconds {
            Some(seconds) => begun.elapsed() >= Duration::from_secs(seconds),
            None => looked_at >= options.inputs,
        };
        if is_enough {
            break;
        }
        let mut random = Random::new(options.seed.wrapping_mul(1 << 32).wrapping_add(looked_at));
        let input = mutator.input(&mut random);
        accepted += u64::from(bodies::is_request(&input));
        if let Err(wrong) = judge(&input, &mut random.clone()) {
            return Err(tell(options.seed, looked_at, &wrong, &input, &random));
        }
        looked_at += 1;
    }
    let spent = begun.elapsed().as_millis();
    let rate = 1000 * u128::from(looked_at) / spent.max(1);
    // Mutations that no reader accepts would test nothing but its first check.
    if accepted * 40 < looked_at {
        return Err(format!("only {accepted} of {looked_at} inputs are requests"));
    }
    Ok(format!(
        "fuzz: {looked_at} inputs from seed {}, {accepted} of them requests, {rate} a second, nothing found",
        options.seed
    ))
}

fn panicked() -> String {
    PANIC.lock().expect("nothing panics while it writes").clone()
}

/// Looks at one input in every way there is.
fn judge(input: &[u8], random: &mut Random) -> Verdict {
    let looked = catch_unwind(AssertUnwindSafe(|| {
        if mutate::is_stream(input) {
            streams::judge(input, random)
        } else {
            bodies::judge(input)
        }
    }));
    looked.unwrap_or_else(|_| Err(panicked()))
}

/// Makes a found input small, writes it to a file and says where that lies.
fn tell(seed: u64, number: u64, wrong: &str, input: &[u8], random: &Random) -> String {
    let small = smaller(input, random);
    let path = std::env::temp_dir().join(format!("wire-fuzz-{seed}-{number}"));
    let _ = std::fs::write(&path, &small);
    let end = small.len().min(2000);
    format!(
        "fuzz: input {number} of seed {seed}: {wrong}\nMade small it lies in {} ({} bytes):\n{}",
        path.display(),
        small.len(),
        String::from_utf8_lossy(&small[..end])
    )
}

/// Without every piece that can go while something stays wrong, large pieces first.
fn smaller(input: &[u8], random: &Random) -> Vec<u8> {
    let mut small = input.to_vec();
    let mut size = small.len() / 2;
    let until = Instant::now() + Duration::from_secs(20);
    while size > 0 && Instant::now() < until {
        let mut at = 0;
        while at < small.len() {
            let mut without = small.clone();
            without.drain(at..(at + size).min(small.len()));
            if judge(&without, &mut random.clone()).is_err() {
                small = without;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    small
}

/// Every file below `folder`, in order.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let body = std::fs::read(&path).expect("a file");
            found.push((path, body));
        }
    }
    found
}

fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").expect("somebody reads what is wrong");
}
