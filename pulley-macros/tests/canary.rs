//! The reason for the limit of eleven machine words in a handler's arguments (nightly with `tail-calls` only).
//!
//! `become` through a table with twelve integer arguments under `rust-preserve-none` is miscompiled on x86-64: the
//! twelfth argument and the jump's target share `rax`. With eleven it is right. The first test holds our ground; the
//! second one fails on the day the bug is gone, and then the limit in `src/validate.rs` can go.
#![cfg_attr(feature = "tail-calls", feature(explicit_tail_calls, rust_preserve_none_cc))]
#![cfg_attr(feature = "tail-calls", allow(incomplete_features))]
#![cfg(all(feature = "tail-calls", target_arch = "x86_64"))]

use std::hint::black_box;

/// A table of two functions with the given parameters and one more: `next` adds 1 to the last and jumps to the function
/// that the first parameter selects.
///
/// (Stable compilers reject the word `become` even under `cfg`, but not among a macro's tokens.)
macro_rules! canary {
    ($module:ident: $first:ident $($word:ident)*) => {
        mod $module {
            type Handler = extern "rust-preserve-none" fn(u64, $(canary!(@u64 $word),)* u64) -> u64;
            static TABLE: [Handler; 2] = [done, next];

            #[inline(never)]
            extern "rust-preserve-none" fn done($first: u64, $($word: u64,)* last: u64) -> u64 {
                $first $(+ $word)* + last * 1000
            }

            #[inline(never)]
            pub extern "rust-preserve-none" fn next($first: u64, $($word: u64,)* last: u64) -> u64 {
                become TABLE[($first & 1) as usize]($first, $($word,)* last + 1)
            }
        }
    };
    (@u64 $word:ident) => { u64 };
}

canary!(eleven: a b c d e f g h i j);
canary!(twelve: a b c d e f g h i j k);

#[test]
fn eleven_words_arrive() {
    let [zero, ten] = black_box([0, 10]);
    assert_eq!(eleven::next(zero, 1, 2, 3, 4, 5, 6, 7, 8, 9, ten), 45 + 11 * 1000);
}

/// Runs itself with twelve words in a child process, which crashes.
#[test]
fn twelve_words_still_crash() {
    const CHILD: &str = "PULLEY_CANARY_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let [zero, eleven] = black_box([0, 11]);
        assert_eq!(twelve::next(zero, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, eleven), 55 + 12 * 1000);
        return;
    }
    let own = std::env::current_exe().unwrap();
    let child = std::process::Command::new(own)
        .args(["--exact", "twelve_words_still_crash", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(
        !child.status.success(),
        "good news: `become` with twelve integer arguments computes right. Lift the limit MAX_WORDS in src/validate.rs"
    );
}
