//! Who may own a row of the generation log: every living person with the organisations that pay for that person.
//!
//! Promises: each person once, however many organisations; nobody who was erased.
//! Leaves out: what they own (records).

use base::ids::{OrgId, SubjectId};

use super::{People, PeopleError, store};

/// A person and the organisations that pay.
pub type Owners = (SubjectId, Vec<OrgId>);

impl People {
    /// The next persons after `after` in the order of their ids; none when there are no more.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn owners(&self, after: Option<SubjectId>) -> Result<Vec<Owners>, PeopleError> {
        let pairs = store::owners(&self.db, after).await?;
        let was_full = pairs.len() >= usize::try_from(store::OWNERS_PAGE).unwrap_or(usize::MAX);
        let mut owners: Vec<Owners> = Vec::new();
        for (subject, org) in pairs {
            match owners.last_mut() {
                Some((known, orgs)) if *known == subject => orgs.push(org),
                _ => owners.push((subject, vec![org])),
            }
        }
        // The page may have ended within a person, who then begins the next one.
        if was_full && owners.len() > 1 {
            owners.pop();
        }
        Ok(owners)
    }
}
