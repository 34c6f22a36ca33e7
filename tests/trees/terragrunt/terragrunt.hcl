terraform {
  source = "../modules"
}
