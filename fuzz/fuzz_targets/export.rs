//! Exports: any files make an inventory, and any inventory can be asked.

#![no_main]

use grantlog::inventory::Inventory;
use grantlog::query::Scope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let parts: Vec<&[u8]> = data.split(|&byte| byte == 0).collect();
    let files = parts.chunks(2).filter_map(|file| match file {
        [name, content] => Some((String::from_utf8_lossy(name).into_owned(), content.to_vec())),
        _ => None,
    });
    let inventory = Inventory::from_files(files);
    for diagnostic in &inventory.diagnostics {
        if let Some((file, span)) = diagnostic.place {
            let text = inventory.sources.get(file).text();
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?}: {}", diagnostic.message);
        }
    }
    let relations = grantlog::derive(&inventory, grantlog::Options::default());
    let _ = relations.who_can("push", "*", Scope { direct: false, all: true });
});
