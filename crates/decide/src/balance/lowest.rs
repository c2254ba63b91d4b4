//! What the algorithms that compare scores have in common.

use super::weighted_round_robin::Smooth;
use super::{Candidate, Member};
use alloc::vec::Vec;

/// Takes the candidate with the lowest score. Equals take turns by weight, so that an idle pool is used in proportion to its weights and
/// not from its beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct Lowest {
    rotation: Smooth,
    /// Per backend, of the last pick that it was a candidate in: each score is computed once.
    scores: Vec<f64>,
}

impl Lowest {
    /// Picks. Scores may be infinite but are numbers.
    pub(super) fn pick(&mut self, candidates: &[Candidate], score: impl Fn(&Candidate) -> f64) -> Option<usize> {
        let mut best = f64::INFINITY;
        for candidate in candidates {
            let score = score(candidate);
            self.scores[candidate.index] = score;
            best = best.min(score);
        }
        self.rotation.pick(candidates.iter().filter(|candidate| self.scores[candidate.index] <= best))
    }

    /// The score of a candidate in the last pick.
    pub(super) fn score(&self, candidate: &Candidate) -> f64 {
        self.scores[candidate.index]
    }

    /// Follows a change of members.
    pub(super) fn rebuild(&mut self, members: &[Member<'_>]) {
        self.rotation.rebuild(members);
        self.scores = alloc::vec![0.0; members.len()];
    }
}
