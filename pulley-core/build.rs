//! Chooses the dispatch tier that the target and the optimisation level allow: sets `pulley_sibling`, see `src/run/mod.rs`.

/// Targets whose C calling convention passes enough integers and floats in registers, and the feature that it needs to
/// pass floats there.
const TARGETS: [(&str, &str); 4] = [("x86_64", "sse2"), ("aarch64", "neon"), ("riscv64", "d"), ("loongarch64", "d")];

/// Builds the sibling tier whatever the optimisation level: `probed`, or `always` to let it run until it is found growing the
/// stack. For tests of what happens then.
const FORCE: &str = "PULLEY_SIBLING";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={FORCE}");
    let cfgs = ["pulley_sibling", "pulley_unprobed", "pulley_unoptimised"];
    println!("cargo::rustc-check-cfg=cfg({})", cfgs.join(", "));
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let has = |feature: &str| variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|have| have == feature);
    let set = |feature: &str| std::env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    let arch = variable("CARGO_CFG_TARGET_ARCH");
    let fits = TARGETS.iter().any(|(name, floats)| *name == arch && has(floats))
        && variable("CARGO_CFG_TARGET_POINTER_WIDTH") == "64";
    // Without optimisation a call in tail position is an ordinary call.
    let optimised = variable("OPT_LEVEL") != "0";
    let force = variable(FORCE);
    let wanted = match force.as_str() {
        "" => optimised,
        "probed" | "always" => true,
        other => panic!("{FORCE} is `{other}`: it may be `probed` or `always`"),
    };
    if fits && wanted && set("INTERPRETER") && set("FLOATS") && !set("MATCH_LOOP") && !set("TAIL_CALLS") {
        println!("cargo::rustc-cfg=pulley_sibling");
        if force == "always" {
            println!("cargo::rustc-cfg=pulley_unprobed");
        }
    }
    if !optimised {
        println!("cargo::rustc-cfg=pulley_unoptimised");
    }
}
