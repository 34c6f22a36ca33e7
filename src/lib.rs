pub mod evaluate;
pub mod load;
