//! A made-up world to test and to look at pages with: states filled from a sample, and a [`Control`](firstsight_daemon::Control) over them that runs
//! nothing.
