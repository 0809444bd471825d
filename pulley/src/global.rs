//! [`Global`]: the globals of a store.

use pulley_core::machine::GlobalId;

use crate::store::{StoreId, StoreState};
use crate::{AsContext, AsContextMut, GlobalType, Mutability, Result, Val};

/// A global: one value, constant or not.
///
/// ```
/// use pulley::{Engine, Global, GlobalType, Mutability, Store, Val, ValType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let global = Global::new(&mut store, GlobalType::new(ValType::I32, Mutability::Var), Val::I32(1))?;
/// global.set(&mut store, Val::I32(2))?;
/// assert_eq!(global.get(&mut store).i32(), Some(2));
/// assert!(global.set(&mut store, Val::I64(3)).is_err());
/// # Ok::<(), pulley::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Global {
    store: StoreId,
    id: GlobalId,
}

impl Global {
    pub(crate) fn from_id(state: &StoreState, id: GlobalId) -> Global {
        Global { store: state.id, id }
    }

    pub(crate) fn checked(self, state: &StoreState) -> Result<GlobalId> {
        state.expect(self.store, "global")?;
        Ok(self.id)
    }

    /// Makes a global that holds `value`.
    ///
    /// # Errors
    /// If `value` is of another type.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global> {
        let state = &mut store.as_context_mut().inner.state;
        let bits = content(state, &ty, value)?;
        let id = state.core.alloc_global(ty.core(), bits);
        Ok(Global::from_id(state, id))
    }

    #[track_caller]
    fn id(&self, state: &StoreState) -> GlobalId {
        state.assert(self.store, "global");
        self.id
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        let state = &store.as_context().inner.state;
        GlobalType::from_core(state.core.global_type(self.id(state)))
    }

    /// Its value.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn get(&self, store: impl AsContext) -> Val {
        let state = &store.as_context().inner.state;
        let id = self.id(state);
        Val::from_slot(state.core.global_type(id).content, state.core.global_get(id), state)
    }

    /// Changes its value.
    ///
    /// # Errors
    /// If it is constant or `value` is of another type.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<()> {
        let state = &mut store.as_context_mut().inner.state;
        let id = self.checked(state)?;
        let ty = GlobalType::from_core(state.core.global_type(id));
        if ty.mutability() == Mutability::Const {
            crate::bail!("cannot set a global of {ty}");
        }
        let bits = content(state, &ty, value)?;
        state.core.global_set(id, bits);
        Ok(())
    }
}

/// `value` as the content of a global of type `ty`.
fn content(state: &StoreState, ty: &GlobalType, value: Val) -> Result<u64> {
    let found = crate::ValType::from_core(value.core_type());
    if found != ty.content() {
        crate::bail!("wrong type of a global's value: expected {}, found {found}", ty.content());
    }
    value.to_slot(state)
}
