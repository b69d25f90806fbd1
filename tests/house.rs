//! House rules that the compiler cannot check. Each names the file that breaks it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::checkout;

/// The longest file, in lines: longer ones are a folder.
const LONGEST: usize = 450;

/// Every file under a folder whose name ends so, with its text; the build's own folders are passed over.
fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&checkout().join(folder), ending, &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            collect(&path, ending, found);
        } else if name.ends_with(ending) {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// All Rust code of the checkout.
fn code() -> Vec<(PathBuf, String)> {
    ["schemas", "projections", "workers", "src", "tests"].iter().flat_map(|folder| files(folder, ".rs")).collect()
}

/// What a file says before its unit tests.
fn shipped(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

fn none(broken: &[String]) {
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn protocols_have_no_sql() {
    let mut broken = Vec::new();
    for folder in ["src/oai", "src/iiif", "src/web"] {
        for (path, text) in files(folder, ".rs") {
            if shipped(&text).contains("sqlx") {
                broken
                    .push(format!("{}: the file in projections/ that owns the table has its queries", path.display()));
            }
        }
    }
    none(&broken);
}

#[test]
fn the_leaf_packages_do_no_io_that_is_not_theirs() {
    let mut broken = Vec::new();
    for (package, banned) in [
        ("schemas", &["sqlx", "tokio", "axum", "object_store", "reqwest"][..]),
        ("workers", &["sqlx", "axum", "object_store", "reqwest"][..]),
        ("projections", &["axum", "object_store", "reqwest"][..]),
    ] {
        let manifest = fs::read_to_string(checkout().join(package).join("Cargo.toml")).unwrap();
        for line in manifest.lines() {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if banned.contains(&name) {
                broken.push(format!("{package}/Cargo.toml: {name} does not belong there"));
            }
        }
    }
    none(&broken);
}

#[test]
fn every_migration_begins_with_why_it_is_safe() {
    let migrations = files("migrations", ".sql").into_iter().chain(files("src", ".sql"));
    let broken = migrations.filter(|(_, text)| !text.starts_with("--"));
    none(&broken.map(|(path, _)| format!("{}: begins without a comment", path.display())).collect::<Vec<_>>());
}

#[test]
fn files_stay_short() {
    let long = code().into_iter().filter(|(_, text)| text.lines().count() > LONGEST);
    none(&long.map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count())).collect::<Vec<_>>());
}

#[test]
fn every_file_begins_by_saying_what_it_is_for() {
    let silent = code().into_iter().filter(|(_, text)| !text.starts_with("//!"));
    none(&silent.map(|(path, _)| format!("{}: begins without //!", path.display())).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not find itself.
    let marks = ["todo", "unimplemented"].map(|name| format!("{name}!("));
    let later = code().into_iter().filter(|(_, text)| marks.iter().any(|mark| text.contains(mark)));
    none(&later.map(|(path, _)| format!("{}: not done", path.display())).collect::<Vec<_>>());
}

#[test]
fn no_cryptography_in_c_comes_along() {
    let lock = fs::read_to_string(checkout().join("Cargo.lock")).unwrap();
    for banned in ["aws-lc-sys", "aws-lc-rs", "openssl-sys", "native-tls"] {
        assert!(!lock.contains(&format!("name = \"{banned}\"")), "{banned}: cargo tree -i {banned} says who brings it");
    }
}

/// Every file of a folder that implements a trait is named by the list `ALL` of its `home`.
fn all_are_listed(folder: &str, trait_name: &str, home: &str) -> Vec<String> {
    let list = fs::read_to_string(checkout().join(home)).unwrap();
    let all = list.split("ALL:").nth(1).and_then(|rest| rest.split("];").next()).unwrap_or_default();
    let implements = format!("{trait_name} for ");
    let mut broken = Vec::new();
    for (path, text) in files(folder, ".rs") {
        for what in shipped(&text).split(&implements).skip(1) {
            let name: String = what.chars().take_while(|c| c.is_alphanumeric()).collect();
            // `impl<T: Trait> Trait for &T` and the like are no entry of a list.
            if !name.is_empty() && !all.contains(&format!("{name},")) {
                broken.push(format!("{}: {name} is not in ALL of {home}", path.display()));
            }
        }
    }
    broken
}

#[test]
fn every_projection_and_every_format_is_in_its_list() {
    let mut broken = all_are_listed("projections", "impl Projection", "projections/lib.rs");
    if files("src/formats", ".rs").iter().any(|(_, text)| text.contains("impl Format for ")) {
        broken.extend(all_are_listed("src/formats", "impl Format", "src/formats/mod.rs"));
    }
    none(&broken);
}
