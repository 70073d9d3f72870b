//! How many files and sockets this process may hold open.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit as far as the system lets this process, and gives it; `None` if there is none.
///
/// Shells and service managers give few by default and let a process take more: the low default is for programs that wait by
/// `select`, which this one doesn't.
pub fn raise() -> Option<u64> {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let before = limit;
        limit.current = limit.maximum;
        if setrlimit(Resource::Nofile, limit).is_err() {
            limit = before;
        }
    }
    limit.current
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_raising_it_the_limit_is_the_highest_that_there_is() {
        let raised = raise();
        let now = getrlimit(Resource::Nofile);
        assert_eq!((raised, now.current), (now.maximum, now.maximum));
    }
}
