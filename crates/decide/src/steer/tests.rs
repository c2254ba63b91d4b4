mod answers;
mod made;
mod tables;
