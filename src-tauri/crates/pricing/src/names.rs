//! The names under which a price list may know a model. Nothing is guessed: `gpt-5` begins `gpt-5.5`, and a wrong price
//! looks right.

/// Prefixes of regional names; the full name comes first, since a region can have a price of its own.
const REGIONS: [&str; 7] = ["us.", "eu.", "apac.", "jp.", "au.", "global.", "us-gov."];

/// Vendors of families of models: some models stand in a list only under their vendor's prefix.
const FAMILIES: &str = include_str!("../assets/families.txt");

/// Names to look up, in order; the first that is known counts.
pub(crate) fn candidates(model: &str) -> Vec<String> {
    let plain = plainer(model).into_iter();
    plain.flat_map(|name| [qualified(&name), Some(name)].into_iter().flatten().rev()).collect()
}

/// A name behind the prefix of its own vendor, where it has none and its family is known.
fn qualified(name: &str) -> Option<String> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    let family = &name[..letters];
    let lines = FAMILIES.lines().filter_map(|line| line.split_once(' '));
    let vendor = lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(family));
    vendor.filter(|_| !name.contains('/')).map(|(_, vendor)| format!("{vendor}/{name}"))
}

/// The name, and ever plainer ones.
fn plainer(model: &str) -> Vec<String> {
    let mut names = vec![model.to_owned()];
    let steps: [fn(&str) -> String; 5] =
        [without_brackets, last_segment, without_cloud, with_dashes, without_date];
    for step in steps {
        let next = names.last().map_or_else(String::new, |name| step(name));
        if !next.is_empty() && !names.contains(&next) {
            names.push(next);
        }
    }
    names
}

fn without_brackets(name: &str) -> String {
    let cut = name.strip_suffix(']').and_then(|name| name.rfind('['));
    cut.map_or(name, |at| &name[..at]).to_owned()
}

fn last_segment(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

/// Without what clouds put around a model's name.
fn without_cloud(name: &str) -> String {
    let name = REGIONS.iter().find_map(|region| name.strip_prefix(region)).unwrap_or(name);
    let name = name.strip_prefix("anthropic.").unwrap_or(name);
    let name = match name.rsplit_once("-v") {
        Some((model, version)) if is_version(version) => model,
        _ => name,
    };
    name.replace('@', "-")
}

fn is_version(text: &str) -> bool {
    let mut parts = text.split(':');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.clone().count() == 2 && parts.all(digits)
}

/// `claude-x-4.5` as its vendor writes it.
fn with_dashes(name: &str) -> String {
    if name.starts_with("claude-") { name.replace('.', "-") } else { name.to_owned() }
}

fn without_date(name: &str) -> String {
    let name = name.strip_suffix("-latest").unwrap_or(name);
    let dated = |(_, date): &(&str, &str)| {
        date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit())
    };
    name.rsplit_once('-').filter(dated).map_or(name, |(model, _)| model).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_looked_up_by_ever_plainer_names() {
        for (model, plainest) in [
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
            ("claude-sonnet-4-5[1m]", "claude-sonnet-4-5"),
            ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
            ("openrouter/anthropic/claude-opus-4.5:beta", "claude-opus-4-5:beta"),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
            ("claude-opus-4-5@20251101", "claude-opus-4-5"),
            ("claude-3-7-sonnet-latest", "claude-3-7-sonnet"),
            ("gpt-5.5", "gpt-5.5"),
            ("gpt-5-v2", "gpt-5-v2"),
            ("deepseek-v3.1", "deepseek-v3.1"),
        ] {
            let names = plainer(model);
            assert_eq!(names.first().map(String::as_str), Some(model));
            assert_eq!(names.last().map(String::as_str), Some(plainest), "{names:?}");
        }
    }

    #[test]
    fn a_plain_name_is_also_looked_up_under_its_vendor_and_nobody_elses() {
        let of = |model: &str| candidates(model).join(" ");
        assert_eq!(of("qwen3-coder-plus"), "qwen3-coder-plus dashscope/qwen3-coder-plus");
        assert_eq!(of("MiniMax-M2"), "MiniMax-M2 minimax/MiniMax-M2");
        assert_eq!(of("zai/glm-4.6"), "zai/glm-4.6 glm-4.6 zai/glm-4.6");
        assert_eq!(of("gpt-5"), "gpt-5");
        assert_eq!(of("qwenish"), "qwenish");
        assert_eq!(of(""), "");
    }

    #[test]
    fn no_name_is_cut_to_nothing() {
        for model in ["", "/", "[1m]", "us.", "-latest", "-20250101", "@"] {
            assert!(candidates(model).iter().skip(1).all(|name| !name.is_empty()), "{model}");
        }
    }
}
