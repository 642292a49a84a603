//! `#[derive(Discrete)]` for `footlights_env::Discrete`: an enum of actions without fields becomes a
//! `Space::Discrete`. The crate `footlights-env` re-exports it; depend on that one.

mod expand;

use proc_macro::TokenStream;

/// Implements `footlights_env::Discrete`, `TryFrom<ActionValue>` and `Into<ActionValue>` for an enum without fields.
///
/// The action's number is the variant's place, from 0. Its label is the variant's name in snake_case;
/// `#[discrete(label = "…")]` sets another one. The enum must be `Copy`.
///
/// ```
/// use footlights_env::{ActionValue, Discrete};
///
/// #[derive(Debug, Clone, Copy, PartialEq, Discrete)]
/// enum Push {
///     Left,
///     #[discrete(label = "none")]
///     Roll,
///     HardRight,
/// }
///
/// assert_eq!(Push::N, 3);
/// assert_eq!(Push::ALL, [Push::Left, Push::Roll, Push::HardRight]);
/// assert_eq!(Push::LABELS, ["left", "none", "hard_right"]);
/// assert_eq!(ActionValue::from(Push::Roll), ActionValue::Discrete(1));
/// assert_eq!(Push::try_from(ActionValue::Discrete(2)), Ok(Push::HardRight));
/// assert!(Push::try_from(ActionValue::Discrete(3)).is_err());
/// ```
///
/// Numbers may be written out where they are the places:
///
/// ```
/// # use footlights_env::Discrete;
/// #[derive(Clone, Copy, Discrete)]
/// enum Push { Left = 0, Right = 1 }
/// ```
///
/// # Errors
///
/// It does not compile where the numbers are not 0, 1, 2 in this order,
///
/// ```compile_fail
/// # use footlights_env::Discrete;
/// #[derive(Clone, Copy, Discrete)]
/// enum Push { Left = 1, Right = 2 }
/// ```
///
/// where a variant has fields,
///
/// ```compile_fail
/// # use footlights_env::Discrete;
/// #[derive(Clone, Copy, Discrete)]
/// enum Push { Left(f32), Right }
/// ```
///
/// for an enum without variants, for a struct, and for a type with parameters,
///
/// ```compile_fail
/// # use footlights_env::Discrete;
/// #[derive(Clone, Copy, Discrete)]
/// enum Nothing {}
/// ```
///
/// ```compile_fail
/// # use footlights_env::Discrete;
/// #[derive(Clone, Copy, Discrete)]
/// struct Push;
/// ```
///
/// or where `#[discrete(…)]` says anything but a label, or two actions have the same one.
///
/// ```compile_fail
/// # use footlights_env::Discrete;
/// #[derive(Clone, Copy, Discrete)]
/// enum Push { #[discrete(name = "l")] Left, Right }
/// ```
///
/// ```compile_fail
/// # use footlights_env::Discrete;
/// #[derive(Clone, Copy, Discrete)]
/// enum Push { #[discrete(label = "right")] Left, Right }
/// ```
#[proc_macro_derive(Discrete, attributes(discrete))]
pub fn discrete(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::discrete(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
