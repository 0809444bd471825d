//! Relations between rows, found in the instruction table by their names once per process.

use std::collections::HashMap;
use std::sync::LazyLock;

use pulley_core::isa::{FlowKind, Row};

/// A row that adds an immediate and one that branches on the sum, and the row that does both.
pub(super) struct Counted {
    /// `iN_add`.
    pub add: Row,
    /// `iN_sub`.
    pub sub: Row,
    /// `br_if_iN_add_*`.
    pub fused: Row,
}

struct Relations {
    opposites: HashMap<Row, Row>,
    tops: HashMap<Row, Row>,
    backs: HashMap<Row, Row>,
    counted: HashMap<Row, Counted>,
}

static RELATIONS: LazyLock<Relations> = LazyLock::new(Relations::new);

/// The conditional branch that is taken when `row`, one too, is not.
pub(super) fn opposite(row: Row) -> Option<Row> {
    RELATIONS.opposites.get(&row).copied()
}

/// What goes to the loop top where `row`, a conditional branch, goes to its target.
pub(super) fn to_top(row: Row) -> Option<Row> {
    RELATIONS.tops.get(&row).copied()
}

/// What goes back where `row`, a conditional branch, goes forward, if there is such a row.
pub(super) fn to_back(row: Row) -> Option<Row> {
    RELATIONS.backs.get(&row).copied()
}

/// How `row`, a conditional branch on an integer, is fused with the addition before it.
pub(super) fn counted(row: Row) -> Option<&'static Counted> {
    RELATIONS.counted.get(&row)
}

/// Endings of names of opposite conditions.
const OPPOSITES: [(&str, &str); 4] = [("_eq", "_ne"), ("_lt_s", "_ge_s"), ("_lt_u", "_ge_u"), ("_nz", "_z")];

impl Relations {
    fn new() -> Relations {
        let mut relations = Relations {
            opposites: HashMap::new(),
            tops: HashMap::new(),
            backs: HashMap::new(),
            counted: HashMap::new(),
        };
        for row in Row::ALL.iter().copied().filter(|row| row.info().flow == FlowKind::Branch) {
            let name = row.info().name;
            if let Some(opposite) = opposite_name(name).and_then(|name| Row::from_name(&name)) {
                relations.opposites.insert(row, opposite);
                relations.opposites.insert(opposite, row);
            }
            if let Some(top) = name.strip_prefix("br_").and_then(|rest| Row::from_name(&format!("top_{rest}"))) {
                relations.tops.insert(row, top);
            }
            if let Some(back) = name.strip_prefix("br_").and_then(|rest| Row::from_name(&format!("back_{rest}"))) {
                relations.backs.insert(row, back);
            }
            if let Some(names) = parts_of_counted(name)
                && let [Some(add), Some(sub), Some(branch)] = names.map(|name| Row::from_name(&name))
            {
                relations.counted.insert(branch, Counted { add, sub, fused: row });
            }
        }
        relations
    }
}

fn opposite_name(name: &str) -> Option<String> {
    if let Some(condition) = name.strip_prefix("br_unless_") {
        return Some(format!("br_if_{condition}"));
    }
    let endings = OPPOSITES.iter().filter_map(|(a, b)| Some(format!("{}{b}", name.strip_suffix(a)?)));
    // A float's `br_if_f32_eq` has a `br_unless_`; only its absence makes the other condition the opposite.
    let unless = name.strip_prefix("br_if_").map(|condition| format!("br_unless_{condition}"));
    unless.filter(|name| Row::from_name(name).is_some()).or_else(|| endings.into_iter().next())
}

/// `iN_add`, `iN_sub` and `br_if_iN_cc` for `br_if_iN_add_cc`.
fn parts_of_counted(name: &str) -> Option<[String; 3]> {
    let (ty, condition) = name.strip_prefix("br_if_")?.split_once("_add_")?;
    let add = format!("{ty}_add");
    Some([add, format!("{ty}_sub"), format!("br_if_{ty}_{condition}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_branch_has_an_opposite() {
        for row in Row::ALL.iter().copied().filter(|row| row.info().flow == FlowKind::Branch) {
            let other = opposite(row).unwrap_or_else(|| panic!("{}", row.info().name));
            assert_ne!(other, row);
            assert_eq!(opposite(other), Some(row), "{}", row.info().name);
            assert_eq!(other.info().operands.len(), row.info().operands.len());
            let top = to_top(row).unwrap_or_else(|| panic!("{}", row.info().name));
            assert_eq!(top.info().flow, FlowKind::Top);
            assert_eq!(top.info().operands, row.info().operands);
            // Few loops end in the comparison of two floats.
            let back = to_back(row);
            assert_eq!(back.is_some(), row.info().group == "compare", "{}", row.info().name);
            if let Some(back) = back {
                assert_eq!(back.info().flow, FlowKind::Back);
                assert_eq!(back.info().operands, row.info().operands);
                assert_eq!(back.info().immediates, row.info().immediates);
            }
        }
    }

    #[test]
    fn twelve_counted_loops() {
        let fused = Row::ALL.iter().filter(|row| counted(**row).is_some()).count();
        assert_eq!(fused, 12);
        assert_eq!(counted(Row::BrIfI64LtU).map(|c| (c.add, c.fused)), Some((Row::I64Add, Row::BrIfI64AddLtU)));
    }
}
