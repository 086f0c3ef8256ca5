//! `quarry PATTERN < FACTS`: prints the facts that match.

use std::io::Read;
use std::process::ExitCode;

use quarry_query::{find, Pattern};
use quarry_store::Store;
use quarry_utils::counted;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("quarry: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let pattern = Pattern::parse(&words.join(" ")).ok_or("a pattern has three words, ? for any")?;
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| error.to_string())?;
    let facts = quarry_parse::parse(&text).map_err(|bad| format!("line {}: {} words", bad.number, bad.words))?;
    let store = Store::new(&facts);
    let found = find(&store, &pattern);
    print!("{}", quarry_export::to_lines(found.iter().copied()));
    eprintln!("{} found", counted(found.len(), "fact"));
    Ok(())
}
