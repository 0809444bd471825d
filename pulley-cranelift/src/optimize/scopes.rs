//! Walking the dominator tree with what is known on the way: a map whose entries hold for the block that made them and for
//! all that it dominates.

use std::hash::Hash;

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::ir::{Block, Function};
use rustc_hash::FxHashMap;

/// A map with scopes: leaving one restores what the map held when it was entered.
pub(super) struct ScopedMap<K, V> {
    map: FxHashMap<K, V>,
    /// What each insertion replaced, latest last.
    undo: Vec<(K, Option<V>)>,
    /// Length of `undo` at the beginning of each open scope.
    scopes: Vec<usize>,
}

impl<K: Copy + Eq + Hash, V: Copy> ScopedMap<K, V> {
    pub(super) fn new() -> Self {
        ScopedMap { map: FxHashMap::default(), undo: vec![], scopes: vec![] }
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.map.get(key).copied()
    }

    /// Inserts until the current scope is left.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let before = self.map.insert(key, value);
        self.undo.push((key, before));
    }

    fn enter(&mut self) {
        self.scopes.push(self.undo.len());
    }

    fn leave(&mut self) {
        let length = self.scopes.pop().expect("as many scopes are left as were entered");
        for (key, before) in self.undo.drain(length..).rev() {
            match before {
                Some(value) => self.map.insert(key, value),
                None => self.map.remove(&key),
            };
        }
    }
}

/// Calls `visit` for every reachable block, dominators first, with what the blocks that dominate it left in the map.
pub(super) fn walk<K: Copy + Eq + Hash, V: Copy>(
    func: &mut Function,
    domtree: &DominatorTree,
    mut visit: impl FnMut(&mut Function, Block, &mut ScopedMap<K, V>),
) {
    enum Step {
        Enter(Block),
        Leave,
    }
    let mut known = ScopedMap::new();
    let mut steps: Vec<Step> = func.layout.entry_block().map(Step::Enter).into_iter().collect();
    while let Some(step) = steps.pop() {
        match step {
            Step::Enter(block) => {
                known.enter();
                visit(func, block, &mut known);
                steps.push(Step::Leave);
                steps.extend(domtree.children(block).map(Step::Enter));
            }
            Step::Leave => known.leave(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_a_scope_restores_what_it_shadowed() {
        let mut map = ScopedMap::new();
        map.enter();
        map.insert("a", 1);
        map.enter();
        map.insert("a", 2);
        map.insert("a", 3);
        map.insert("b", 4);
        assert_eq!((map.get(&"a"), map.get(&"b")), (Some(3), Some(4)));
        map.leave();
        assert_eq!((map.get(&"a"), map.get(&"b")), (Some(1), None));
        map.leave();
        assert_eq!(map.get(&"a"), None);
    }
}
