//! Which file uses which: every path of a crate, resolved to the file that defines what it names.

use std::path::PathBuf;

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    ItemMod, ItemUse, Macro, Path, UseTree,
    visit::{self, Visit},
};

use crate::{
    graph::Use,
    tree::{self, ModulePath, Name, Tree},
};

/// Longer chains of re-exports are cycles of imports.
const MAX_HOPS: usize = 16;

/// Every use of one file by another.
pub fn uses(tree: &Tree) -> Vec<Use> {
    let mut uses = Vec::new();
    for (path, module) in &tree.modules {
        let mut finder = Finder { tree, at: path, uses: Vec::new() };
        module.items.iter().for_each(|item| finder.visit_item(item));
        let found = finder.uses.into_iter().filter(|(_, file)| *file != module.file);
        uses.extend(found.map(|(name, to)| Use { from: module.file.clone(), to, name }));
    }
    uses
}

/// What a path leads to.
enum Target {
    Module(ModulePath),
    /// Something that is declared in the file.
    Item(PathBuf),
}

/// Walks the items of one module.
struct Finder<'a> {
    tree: &'a Tree,
    at: &'a ModulePath,
    uses: Vec<(String, PathBuf)>,
}

impl Finder<'_> {
    fn uses(&mut self, path: &[String]) {
        if let Some(Target::Item(file)) = resolve(self.tree, self.at, path, 0) {
            self.uses.push((path.join("::"), file));
        }
    }

    fn import(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, before)),
            // What is taken from there is seen where it stands.
            UseTree::Glob(_) => {}
            UseTree::Name(_) | UseTree::Rename(_) => {
                if let Some((_, path)) = tree::imported(tree, before) {
                    self.uses(&path);
                }
            }
        }
    }

    /// Paths in what a macro is given, of which only the macro knows what it means.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        // Colons since the last word of the path.
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(word) if colons == 2 && !path.is_empty() => {
                    path.push(word.to_string());
                    colons = 0;
                }
                other => {
                    self.uses(&std::mem::take(&mut path));
                    colons = 0;
                    match other {
                        TokenTree::Ident(word) => path.push(word.to_string()),
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        _ => {}
                    }
                }
            }
        }
        self.uses(&path);
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_path(&mut self, path: &'ast Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.uses(&words);
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !tree::is_re_export(&item.vis) {
            self.import(&item.tree, &mut Vec::new());
        }
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    // Modules are walked on their own.
    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

/// What a path means in a module; nothing if that is in another crate, or not a path of an item.
fn resolve(tree: &Tree, at: &[String], path: &[String], hops: usize) -> Option<Target> {
    if hops > MAX_HOPS {
        return None;
    }
    let (first, rest) = path.split_first()?;
    let (mut at, mut rest): (ModulePath, &[String]) = match first.as_str() {
        "crate" => (Vec::new(), rest),
        "self" => (at.to_vec(), rest),
        "super" => (at.split_last()?.1.to_vec(), rest),
        _ => (at.to_vec(), path),
    };
    while let Some((name, behind)) = rest.split_first() {
        if name == "super" {
            at.pop()?;
            rest = behind;
            continue;
        }
        match lookup(tree, &at, name, hops)? {
            Target::Module(module) => (at, rest) = (module, behind),
            item @ Target::Item(_) => return Some(item),
        }
    }
    Some(Target::Module(at))
}

/// What a name means in a module.
fn lookup(tree: &Tree, at: &[String], name: &String, hops: usize) -> Option<Target> {
    if hops > MAX_HOPS {
        return None;
    }
    let module = tree.modules.get(at)?;
    match module.names.get(name) {
        Some(Name::Item) => Some(Target::Item(module.file.clone())),
        Some(Name::Module) => Some(Target::Module([at, std::slice::from_ref(name)].concat())),
        // The name of another crate, imported by its own name, leads nowhere else.
        Some(Name::Import(path)) if path.first() == Some(name) => None,
        Some(Name::Import(path)) => resolve(tree, at, path, hops + 1),
        None => module.globs.iter().find_map(|glob| {
            let Target::Module(from) = resolve(tree, at, glob, hops + 1)? else { return None };
            lookup(tree, &from, name, hops + 1)
        }),
    }
}
