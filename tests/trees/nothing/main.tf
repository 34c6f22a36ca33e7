locals {
  answer = 42
}
