//! What a new store holds.

use std::collections::BTreeSet;

use policy::{Document, presets};
use time::OffsetDateTime;

use crate::{Group, Kind, Snapshot};

impl Snapshot {
    /// What a store holds that is made at `now`: the preset policies and groups, and no user.
    pub fn of_new_store(now: OffsetDateTime) -> Self {
        let policies =
            presets::POLICIES.iter().map(|preset| (preset.name.to_owned(), preset.document()));
        let groups = presets::GROUPS.iter().map(|preset| {
            let policies = preset.policies.iter().map(|name| (*name).to_owned()).collect();
            (preset.name.to_owned(), Group { created: now, policies })
        });
        Self { policies: policies.collect(), groups: groups.collect(), ..Self::default() }
    }
}

/// Whether a new store has such a policy, with this very document.
pub fn is_new_policy(name: &str, document: &Document) -> bool {
    presets::POLICIES.iter().any(|preset| preset.name == name && preset.document() == *document)
}

/// Whether a new store has such a group, with these very policies.
pub(crate) fn is_new_group(name: &str, group: &Group) -> bool {
    let has = |preset: &presets::PresetGroup| {
        preset.policies.iter().copied().collect::<BTreeSet<_>>()
            == group.policies.iter().map(String::as_str).collect()
    };
    presets::GROUPS.iter().any(|preset| preset.name == name && has(preset))
}

/// Whether a new store has something of that kind and name.
pub(crate) fn is_preset(kind: Kind, name: &str) -> bool {
    match kind {
        Kind::Policy => presets::POLICIES.iter().any(|preset| preset.name == name),
        Kind::Group => presets::GROUPS.iter().any(|preset| preset.name == name),
        Kind::User | Kind::Credential => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_new_store_is_new_until_it_is_changed() {
        let mut held = Snapshot::of_new_store(OffsetDateTime::UNIX_EPOCH);
        for (name, document) in &mut held.policies {
            assert!(is_preset(Kind::Policy, name) && is_new_policy(name, document), "{name}");
            document.statement.clear();
            assert!(is_preset(Kind::Policy, name) && !is_new_policy(name, document), "{name}");
        }
        for (name, group) in &mut held.groups {
            assert!(is_preset(Kind::Group, name) && is_new_group(name, group), "{name}");
            group.policies.insert("TeamA".to_owned());
            assert!(is_preset(Kind::Group, name) && !is_new_group(name, group), "{name}");
        }
    }
}
