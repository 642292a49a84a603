//! The modules of a crate: what each file declares, and by which names.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use syn::{Attribute, Item, UseTree, Visibility};

/// A module's path from the crate's root, which is the empty one.
pub type ModulePath = Vec<String>;

/// What a name in a module stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Name {
    /// An item of this module itself.
    Item,
    /// A child module.
    Module,
    /// Something that is declared elsewhere, by its path as it is written.
    Import(Vec<String>),
}

/// One module.
pub struct Module {
    pub file: PathBuf,
    pub names: BTreeMap<String, Name>,
    /// The paths of `use …::*`, as they are written.
    pub globs: Vec<Vec<String>>,
    pub items: Vec<Item>,
}

/// Every module of a crate.
#[derive(Default)]
pub struct Tree {
    pub modules: BTreeMap<ModulePath, Module>,
}

impl Tree {
    /// Reads a crate from its root file on.
    pub fn read(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        let directory = root.parent().unwrap_or(Path::new("")).to_owned();
        tree.file(Vec::new(), root.to_owned(), directory)?;
        Ok(tree)
    }

    /// Adds a module that is a file of its own; its children lie in `directory`.
    fn file(&mut self, path: ModulePath, file: PathBuf, directory: PathBuf) -> Result<()> {
        let reading = || format!("reading {}", file.display());
        let text = std::fs::read_to_string(&file).with_context(reading)?;
        let parsed = syn::parse_file(&text).with_context(reading)?;
        self.module(path, file, &directory, parsed.items)
    }

    fn module(&mut self, path: ModulePath, file: PathBuf, directory: &Path, items: Vec<Item>) -> Result<()> {
        let mut module = Module { file, names: BTreeMap::new(), globs: Vec::new(), items: Vec::new() };
        for item in items {
            if only_in_tests(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(child) => {
                    let name = child.ident.to_string();
                    module.names.insert(name.clone(), Name::Module);
                    let below = directory.join(&name);
                    let child_path = [path.as_slice(), std::slice::from_ref(&name)].concat();
                    match child.content {
                        Some((_, items)) => {
                            self.module(child_path, module.file.clone(), &below, items)?;
                        }
                        None => {
                            let (beside, inside) = (below.with_extension("rs"), below.join("mod.rs"));
                            let file = if beside.exists() { beside } else { inside };
                            self.file(child_path, file, below)?;
                        }
                    }
                }
                item => {
                    if let Item::Use(item) = &item {
                        module.import(&item.tree, &mut Vec::new());
                    }
                    module.names.extend(declared(&item).map(|name| (name, Name::Item)));
                    module.items.push(item);
                }
            }
        }
        self.modules.insert(path, module);
        Ok(())
    }
}

impl Module {
    fn import(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, before)),
            UseTree::Glob(_) => self.globs.push(before.clone()),
            UseTree::Name(_) | UseTree::Rename(_) => {
                let Some((name, path)) = imported(tree, before) else { return };
                self.names.entry(name).or_insert(Name::Import(path));
            }
        }
    }
}

/// What a leaf of a `use` is called here, and the path that it stands for.
pub fn imported(tree: &UseTree, before: &[String]) -> Option<(String, Vec<String>)> {
    let (name, last) = match tree {
        UseTree::Name(leaf) => (leaf.ident.to_string(), leaf.ident.to_string()),
        UseTree::Rename(leaf) => (leaf.rename.to_string(), leaf.ident.to_string()),
        _ => return None,
    };
    if last != "self" {
        return Some((name, [before, &[last]].concat()));
    }
    let own = before.last()?.clone();
    Some((if name == "self" { own } else { name }, before.to_vec()))
}

/// Whether something is compiled for tests only.
pub fn only_in_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let test = |list: &syn::MetaList| list.tokens.to_string() == "test";
        attribute.path().is_ident("cfg") && attribute.meta.require_list().is_ok_and(test)
    })
}

/// Whether a `use` only passes something on.
pub fn is_re_export(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn declared(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
