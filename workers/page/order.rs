//! In which order the regions of a page are read.

use std::collections::HashMap;

/// References to regions that are kept: more than any page has.
const REFERENCES_MAX: usize = 20_000;

/// The number of a region or group in a group, and the regions that it is.
type Member = (Option<u32>, Vec<String>);

/// The order, while it is being read. Regions may be listed in groups of groups, and stand in one another.
#[derive(Debug, Default)]
pub struct Order {
    /// Groups that are open: the number of each, and what is in it with its numbers.
    groups: Vec<(Option<u32>, Vec<Member>)>,
    listed: Vec<String>,
    references: usize,
    /// Every region, with the region that it stands in.
    regions: Vec<(String, Option<usize>)>,
    /// Regions that are open.
    open: Vec<usize>,
}

impl Order {
    /// A group begins.
    pub fn group(&mut self, index: Option<u32>) {
        self.groups.push((index, Vec::new()));
    }

    /// A region is listed.
    pub fn refers(&mut self, region: String, index: Option<u32>) {
        self.references += 1;
        if let Some((_, group)) = self.groups.last_mut().filter(|_| self.references <= REFERENCES_MAX) {
            group.push((index, vec![region]));
        }
    }

    /// A group ends.
    pub fn ends(&mut self) {
        let Some((index, mut members)) = self.groups.pop() else { return };
        // Those without a number keep their place: a sort that is stable, and 0 for all of them.
        members.sort_by_key(|(index, _)| index.unwrap_or(0));
        let all: Vec<String> = members.into_iter().flat_map(|(_, regions)| regions).collect();
        match self.groups.last_mut() {
            Some((_, outer)) => outer.push((index, all)),
            None => self.listed.extend(all),
        }
    }

    /// A region begins.
    pub fn region(&mut self, id: String) {
        let around = self.open.last().copied();
        self.open.push(self.regions.len());
        self.regions.push((id, around));
    }

    /// It ends.
    pub fn region_ends(&mut self) {
        self.open.pop();
    }

    /// The number of the region that is open.
    pub fn now(&self) -> usize {
        self.open.last().copied().unwrap_or(usize::MAX)
    }

    /// The place of every region in the order: its own, else that of the one that it stands in, else after all others.
    pub fn places(&self) -> Vec<usize> {
        let listed: HashMap<&str, usize> = self.listed.iter().map(String::as_str).zip(0..).collect();
        let mut places: Vec<usize> = Vec::with_capacity(self.regions.len());
        for (id, around) in &self.regions {
            let inherited = around.and_then(|around| places.get(around)).copied();
            places.push(listed.get(id.as_str()).copied().or(inherited).unwrap_or(usize::MAX));
        }
        places
    }
}
