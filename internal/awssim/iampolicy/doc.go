// Package iampolicy reads IAM policy documents by IAM's grammar and decides requests by them (IAM User Guide, "Policies and
// permissions"). It knows no account: who asks, for what and with which condition keys is in the request.
package iampolicy
