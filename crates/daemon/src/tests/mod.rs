//! The scheduling decision, and a daemon in a made-up world.

mod life;
mod timing;
mod world;
