//! What the derive writes, and what it refuses: a compile error says what to change and stands at the place.

use std::collections::BTreeSet;

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, LitStr, Result, Variant};

/// The implementations for one enum.
///
/// # Errors
///
/// Where the input is no enum of actions.
pub(crate) fn discrete(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "Discrete is for enums: one variant an action"));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "an enum of actions has no parameters"));
    }
    if data.variants.is_empty() {
        return Err(Error::new_spanned(&input.ident, "an enum of actions needs at least one variant"));
    }
    let mut labels = BTreeSet::new();
    let mut actions: Vec<(&Ident, String)> = Vec::new();
    for (place, variant) in data.variants.iter().enumerate() {
        check_place(variant, place)?;
        let label = label(variant)?;
        if !labels.insert(label.clone()) {
            let why = format!("two actions are called {label:?}; set another #[discrete(label = \"…\")]");
            return Err(Error::new_spanned(variant, why));
        }
        actions.push((&variant.ident, label));
    }
    let name = &input.ident;
    let names: Vec<&Ident> = actions.iter().map(|(name, _)| *name).collect();
    let labels: Vec<&String> = actions.iter().map(|(_, label)| label).collect();
    let env = environment_crate();
    Ok(quote! {
        #[automatically_derived]
        impl #env::Discrete for #name {
            const ALL: &'static [Self] = &[#(Self::#names),*];
            const LABELS: &'static [&'static str] = &[#(#labels),*];

            fn index(self) -> usize {
                self as usize
            }
        }

        #[automatically_derived]
        impl ::core::convert::TryFrom<#env::ActionValue> for #name {
            type Error = #env::NotAnAction;

            fn try_from(value: #env::ActionValue) -> ::core::result::Result<Self, Self::Error> {
                <Self as #env::Discrete>::from_value(&value)
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<#name> for #env::ActionValue {
            fn from(action: #name) -> Self {
                Self::Discrete(action as i32)
            }
        }
    })
}

/// The path of `footlights-env` as the crate at hand names it: that crate itself, or the one that re-exports it.
fn environment_crate() -> TokenStream {
    let named = |package: &str| match crate_name(package) {
        Ok(FoundCrate::Name(name)) => Some(Ident::new(&name, Span::call_site())),
        Ok(FoundCrate::Itself) => Some(Ident::new(&package.replace('-', "_"), Span::call_site())),
        Err(_) => None,
    };
    if let Some(env) = named("footlights-env") {
        return quote!(::#env);
    }
    match named("footlights") {
        Some(facade) => quote!(::#facade::env),
        None => quote!(::footlights_env),
    }
}

/// A variant has no fields, and its number, where one is written, is its place.
fn check_place(variant: &Variant, place: usize) -> Result<()> {
    if !matches!(variant.fields, Fields::Unit) {
        return Err(Error::new_spanned(&variant.fields, "an action of a list has no fields"));
    }
    let Some((_, number)) = &variant.discriminant else { return Ok(()) };
    if let Expr::Lit(ExprLit { lit: Lit::Int(literal), .. }) = number
        && literal.base10_parse::<usize>().ok() == Some(place)
    {
        return Ok(());
    }
    let why = format!("actions are numbered 0, 1, 2 in their order: this one must be {place}");
    Err(Error::new_spanned(number, why))
}

/// The label that is set, or the name in snake_case.
fn label(variant: &Variant) -> Result<String> {
    let mut label = None;
    for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("discrete")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("label") {
                return Err(meta.error("only `label = \"…\"` can be set"));
            }
            let text: LitStr = meta.value()?.parse()?;
            if text.value().is_empty() {
                return Err(Error::new_spanned(&text, "a label is not empty"));
            }
            label = Some(text.value());
            Ok(())
        })?;
    }
    Ok(label.unwrap_or_else(|| snake_case(&variant.ident.to_string())))
}

/// `ForwardJump` is `forward_jump`.
fn snake_case(name: &str) -> String {
    let mut out = String::new();
    let mut before_lower = false;
    let mut letters = name.trim_start_matches("r#").chars().peekable();
    while let Some(letter) = letters.next() {
        let begins = letter.is_uppercase() && letters.peek().is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (before_lower || begins) && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        before_lower = letter.is_lowercase() || letter.is_ascii_digit();
        out.extend(letter.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn names_become_labels_in_snake_case() {
        for (name, label) in [
            ("Noop", "noop"),
            ("ForwardJump", "forward_jump"),
            ("UseHTTP", "use_http"),
            ("HTTPUse", "http_use"),
            ("Jump2Left", "jump2_left"),
            ("A", "a"),
        ] {
            assert_eq!(snake_case(name), label);
        }
    }

    #[test]
    fn a_refusal_says_what_to_change() {
        let refused = |input: DeriveInput| discrete(&input).unwrap_err().to_string();
        let gap = refused(parse_quote!(
            enum Push {
                Left = 0,
                Right = 2,
            }
        ));
        assert_eq!(gap, "actions are numbered 0, 1, 2 in their order: this one must be 1");
        let computed = refused(parse_quote!(
            enum Push {
                Left = 1 - 1,
            }
        ));
        assert!(computed.contains("must be 0"), "{computed}");
        let fields = refused(parse_quote!(
            enum Push {
                Left { by: f32 },
            }
        ));
        assert_eq!(fields, "an action of a list has no fields");
        let same = refused(parse_quote!(
            enum Push {
                Left,
                #[discrete(label = "left")]
                Right,
            }
        ));
        assert!(same.starts_with("two actions are called \"left\""), "{same}");
        let parameters = refused(parse_quote!(
            enum Push<T> {
                Left,
            }
        ));
        assert_eq!(parameters, "an enum of actions has no parameters");
    }
}
