//! Chooses the dispatch tier that the target and the optimisation level allow: sets `pulley_sibling`, see `src/run/mod.rs`.

/// Targets whose C calling convention passes enough integers and floats in registers, and the feature that it needs to
/// pass floats there.
const TARGETS: [(&str, &str); 4] = [("x86_64", "sse2"), ("aarch64", "neon"), ("riscv64", "d"), ("loongarch64", "d")];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(pulley_sibling)");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let has = |feature: &str| variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|have| have == feature);
    let arch = variable("CARGO_CFG_TARGET_ARCH");
    let fits = TARGETS.iter().any(|(name, floats)| *name == arch && has(floats))
        && variable("CARGO_CFG_TARGET_POINTER_WIDTH") == "64";
    // Without optimisation a call in tail position is an ordinary call.
    let optimised = variable("OPT_LEVEL") != "0";
    let forced =
        ["CARGO_FEATURE_MATCH_LOOP", "CARGO_FEATURE_TAIL_CALLS"].iter().any(|name| std::env::var_os(name).is_some());
    if fits && optimised && !forced {
        println!("cargo::rustc-cfg=pulley_sibling");
    }
}
