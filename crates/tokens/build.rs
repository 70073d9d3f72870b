//! Writes the tokens of each encoding as tables that the program only has to include: bytes of all tokens in the order of
//! their numbers, where each ends, and slots to find a token's number by its bytes.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    reason = "a build script: reads what cargo tells it, writes where cargo tells it, and fails the build"
)]

#[path = "src/hash.rs"]
mod hash;

use std::path::Path;
use tiktoken_rs::CoreBPE;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/hash.rs");
    let out = std::env::var_os("OUT_DIR").unwrap();
    write(Path::new(&out), "o200k", &tiktoken_rs::o200k_base().unwrap(), 199_998);
    write(Path::new(&out), "cl100k", &tiktoken_rs::cl100k_base().unwrap(), 100_256);
}

fn write(out: &Path, name: &str, encoding: &CoreBPE, count: u32) {
    let slots = usize::try_from(count).unwrap().next_power_of_two() * 2;
    let (mut bytes, mut ends, mut table) = (Vec::new(), Vec::new(), vec![0_u32; slots]);
    for number in 0..count {
        let token = encoding.decode_bytes(&[number]).unwrap();
        let hash = hash::hash(&token);
        let mut slot = hash::first_slot(hash, slots);
        while table[slot] != 0 {
            slot = (slot + 1) % slots;
        }
        assert!(
            number + 1 < 1 << hash::NUMBER_BITS,
            "a token's number fits into its slot"
        );
        table[slot] = hash::tag(hash) | (number + 1);
        bytes.extend(token);
        ends.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    }
    let table: Vec<u8> = table.into_iter().flat_map(u32::to_le_bytes).collect();
    for (part, content) in [("bytes", bytes), ("ends", ends), ("slots", table)] {
        std::fs::write(out.join(format!("{name}.{part}")), content).unwrap();
    }
}
