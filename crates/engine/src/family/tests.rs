use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::signature::Digest;

fn member<'a>(template: &'a str, recorded: Option<(ClusterId, i64)>) -> Member<'a> {
    Member {
        id: SignatureId(Digest::of(&[template])),
        template,
        cluster: recorded.map(|(cluster, _)| cluster),
        founded: recorded.map_or(0, |(_, founded)| founded),
    }
}

fn fresh<'a>(templates: &[&'a str]) -> Vec<Member<'a>> {
    templates.iter().map(|template| member(template, None)).collect()
}

/// The members of each cluster, by their templates.
fn clusters(templates: &[&str]) -> BTreeSet<Vec<String>> {
    let members = fresh(templates);
    let of: BTreeMap<_, _> = assign(&members).into_iter().collect();
    let mut found: BTreeMap<ClusterId, Vec<String>> = BTreeMap::new();
    for member in &members {
        found
            .entry(of[&member.id])
            .or_default()
            .push(member.template.to_owned());
    }
    found.into_values().collect()
}

fn are_one(templates: &[&str]) -> bool {
    clusters(templates).len() == 1
}

fn are_apart(templates: &[&str]) -> bool {
    clusters(templates).len() == templates.len()
}

fn cluster(name: &str) -> ClusterId {
    ClusterId(Digest::of(&[name]))
}

#[test]
fn a_variable_that_one_record_has_shown_is_one_in_all() {
    assert!(are_one(&[
        "The function <*> does not exist.",
        "The function orders does not exist."
    ]));
    assert!(are_one(&["No <*> on <*>", "No orders on <*>", "No <*> on main"]));
}

#[test]
fn names_are_values() {
    assert!(are_one(&[
        "Stack acme-web already exists",
        "Stack zebra.main already exists"
    ]));
    assert!(are_one(&[
        "Queue acme-web is gone",
        "Queue OpsZebra is gone",
        "Queue orders is gone"
    ]));
    assert!(are_one(&["Group 'zebra' is taken", "Group 'yankee' is taken"]));
}

#[test]
fn words_of_the_language_are_other_errors() {
    for templates in [
        ["The role cannot be deleted.", "The role may be deleted."],
        ["The source does not exist.", "The target does not exist."],
        ["Versioning is enabled here", "Versioning is disabled here"],
        [
            "because no identity-based policy allows it",
            "because no resource-based policy allows it",
        ],
        [
            "The parameter MasterUserPassword must be set",
            "The parameter OptionGroupName must be set",
        ],
        [
            "when calling the GetSecret operation: deleted",
            "when calling the RotateSecret operation: deleted",
        ],
        [
            "Modify its 'disableApiStop' attribute",
            "Modify its 'disableApiTermination' attribute",
        ],
        [
            "only in SELF_MANAGED mode here",
            "only in SERVICE_MANAGED mode here",
        ],
        ["The thing does not exist", "The thing already exists now"],
        ["perform: iam:CreateUser on <*>", "perform: iam:DeleteUser on <*>"],
        [
            "Value '<*>' at 'zebraName' failed",
            "Value '<*>' at 'yankeeName' failed",
        ],
        ["User: anonymous is not authorized", "User: <*> is not authorized"],
        ["Table <*> was not found", "<*> <*> was not found"],
    ] {
        assert!(are_apart(&templates), "{templates:?}");
    }
}

#[test]
fn states_and_types_are_values() {
    assert!(are_one(&[
        "Cluster <*> is in FAILED state",
        "Cluster <*> is in CREATING state",
        "Cluster <*> is in running state"
    ]));
    assert!(are_one(&[
        "Cannot be used in its current status: running",
        "Cannot be used in its current status: stopped"
    ]));
    assert!(are_one(&[
        "of type STRING already exists",
        "of type network already exists"
    ]));
    assert!(are_apart(&["The instance is running", "The instance is stopped"]));
}

#[test]
fn quoted_words_are_one_value() {
    assert!(are_one(&[
        "The role named 'my own role' is gone",
        "The role named '<*>' is gone"
    ]));
    assert!(are_apart(&[
        "The role named 'my own role' is gone",
        "The role named 'another role' is gone"
    ]));
}

#[test]
fn a_list_is_one_value_however_long() {
    assert!(are_one(&[
        "Users <*> not found",
        "Users acme-a, carol not found",
        "Users acme-a, archive, <*> not found",
    ]));
    assert!(are_one(&[
        "Unknown: [acme-a, archive]",
        "Unknown: [archive, <*>, acme-a]"
    ]));
    assert!(are_apart(&[
        "Valid values include: [Standard, Advanced, Intelligent-Tiering]",
        "Valid values include: [String, StringList, SecureString]",
    ]));
}

#[test]
fn words_with_dots_between_them_are_names_and_ends_of_paths_are_none() {
    assert!(are_one(&["Stack data.import is gone", "Stack web.test is gone"]));
    assert!(are_apart(&[
        "Value at tags.<*>.member.key is too long",
        "Value at tags.<*>.member.value is too long"
    ]));
    assert!(are_apart(&[
        "Header Content-Acme is wrong",
        "Header Content-Type is wrong"
    ]));
}

#[test]
fn what_was_cut_joins_what_goes_on() {
    assert!(are_one(&[
        "It cannot be done now because of <*> and…",
        "It cannot be done now because of <*> and all that"
    ]));
    assert!(are_apart(&[
        "It cannot…",
        "It cannot be done now because of <*> and all that"
    ]));
}

#[test]
fn too_little_in_common_is_another_error() {
    assert!(are_apart(&["<*>", "orders"]));
    assert!(are_apart(&["<*> <*> <*> gone", "acme-a acme-b acme-c gone"]));
}

#[test]
fn a_known_cluster_takes_what_fits_and_the_oldest_takes_it_first() {
    let (old, young) = (cluster("old"), cluster("young"));
    let members = [
        member("The stack orders is gone", Some((young, 7))),
        member("The stack users is gone", Some((old, 3))),
        member("The stack <*> is gone", None),
        member("The stack acme-x is gone", None),
        member("Another thing", None),
    ];
    let assigned: BTreeMap<_, _> = assign(&members).into_iter().collect();
    assert_eq!(assigned.len(), 3);
    assert_eq!(assigned[&members[2].id], old);
    assert_eq!(assigned[&members[3].id], old);
    assert_eq!(assigned[&members[4].id], ClusterId(members[4].id.0));
}

#[test]
fn what_a_cluster_has_generalised_is_known() {
    let known = cluster("known");
    let members = [
        member("The stack orders is gone", Some((known, 1))),
        member("The stack acme-x is gone", Some((known, 1))),
        member("The stack import is gone", None),
    ];
    assert_eq!(assign(&members), [(members[2].id, known)]);
}

#[test]
fn a_new_cluster_has_the_least_id_of_its_founders() {
    let members = fresh(&["Stack acme-web already exists", "Stack zebra.main already exists"]);
    let least = members
        .iter()
        .map(|member| member.id)
        .min()
        .map(|id| ClusterId(id.0));
    assert!(
        assign(&members)
            .iter()
            .all(|(_, cluster)| Some(*cluster) == least)
    );
}

#[test]
fn families_of_common_errors() {
    let mut shown = String::new();
    let families: [&[&str]; 4] = [
        &[
            "The specified bucket does not exist",
            "The specified key does not exist",
            "The bucket <*> does not exist",
            "The bucket orders does not exist",
            "The bucket acme.orders does not exist",
        ],
        &[
            "User: <*> is not authorized to perform: ec2:RunInstances on resource: <*> because no identity-based policy allows the ec2:RunInstances action",
            "User: <*> is not authorized to perform: ec2:RunInstances on resource: <*> because no session policy allows the ec2:RunInstances action",
            "User: <*> is not authorized to perform: iam:PassRole on resource: <*> because no identity-based policy allows the iam:PassRole action",
            "User: anonymous is not authorized to perform: ec2:RunInstances on resource: <*> because no identity-based policy allows the ec2:RunInstances action",
        ],
        &[
            "<*> validation error detected: Value '<*>' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to <*>",
            "<*> validation error detected: Value '<*>' at 'path' failed to satisfy constraint: Member must have length less than or equal to <*>",
            "<*> validation error detected: Value '<*>' at 'path' failed to satisfy constraint: Member must not be null",
        ],
        &[
            "Instance <*> is in CREATING state.",
            "Instance <*> is in DELETING state.",
            "Instance OpsZebra is in available state.",
            "Instance <*> not found.",
        ],
    ];
    for family in families {
        for members in clusters(family) {
            let texts: Vec<_> = members.iter().map(String::as_str).collect();
            let _ = writeln!(shown, "{} × {}", members.len(), generalise(&texts));
        }
        shown.push('\n');
    }
    insta::assert_snapshot!(shown, @r"
    3 × The bucket <*> does not exist
    1 × The specified bucket does not exist
    1 × The specified key does not exist

    1 × User: <*> is not authorized to perform: ec2:RunInstances on resource: <*> because no identity-based policy allows the ec2:RunInstances action
    1 × User: <*> is not authorized to perform: ec2:RunInstances on resource: <*> because no session policy allows the ec2:RunInstances action
    1 × User: <*> is not authorized to perform: iam:PassRole on resource: <*> because no identity-based policy allows the iam:PassRole action
    1 × User: anonymous is not authorized to perform: ec2:RunInstances on resource: <*> because no identity-based policy allows the ec2:RunInstances action

    1 × <*> validation error detected: Value '<*>' at 'path' failed to satisfy constraint: Member must have length less than or equal to <*>
    1 × <*> validation error detected: Value '<*>' at 'path' failed to satisfy constraint: Member must not be null
    1 × <*> validation error detected: Value '<*>' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to <*>

    3 × Instance <*> is in <*> state.
    1 × Instance <*> not found.
    ");
}

fn templates() -> impl Strategy<Value = BTreeSet<String>> {
    let word = prop::sample::select(vec![
        "<*>",
        "acme-x",
        "zebra",
        "OpsZebra",
        "orders",
        "table",
        "Bucket",
        "is",
        "not",
        "FAILED",
        "running",
        "'",
        ":",
        "type",
        "state",
        "maxResults",
        ",",
        "[",
        "]",
        "data.import",
        "…",
    ]);
    let template = prop::collection::vec(word, 1..8).prop_map(|words| words.join(" "));
    prop::collection::btree_set(template, 1..24)
}

proptest! {
    #[test]
    fn the_order_of_members_does_not_matter(templates in templates(), turn in 0_usize..24) {
        let texts: Vec<&str> = templates.iter().map(String::as_str).collect();
        let mut members = fresh(&texts);
        let assigned = assign(&members);
        members.rotate_left(turn % texts.len());
        prop_assert_eq!(&assigned, &assign(&members));
        members.reverse();
        prop_assert_eq!(&assigned, &assign(&members));
        prop_assert_eq!(assigned.len(), texts.len());
    }

    #[test]
    fn what_is_recorded_stays_whatever_comes(first in templates(), later in templates()) {
        let texts: Vec<&str> = first.iter().map(String::as_str).collect();
        let recorded: BTreeMap<_, _> = assign(&fresh(&texts)).into_iter().collect();
        let mut members: Vec<_> = texts
            .iter()
            .map(|text| member(text, recorded.get(&member(text, None).id).map(|cluster| (*cluster, 1))))
            .collect();
        prop_assert!(assign(&members).is_empty());
        members.extend(later.difference(&first).map(|text| member(text, None)));
        let known: BTreeSet<_> = recorded.values().copied().collect();
        let fresh_ids: BTreeSet<_> = later.difference(&first).map(|text| member(text, None).id).collect();
        for (id, cluster) in assign(&members) {
            prop_assert!(fresh_ids.contains(&id));
            prop_assert!(known.contains(&cluster) || fresh_ids.contains(&SignatureId(cluster.0)));
        }
    }
}
