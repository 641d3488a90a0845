// Package documents reads the documents that properties hold as text, as strictly as the AWS service that takes them: container
// definitions, user data, event patterns, lifecycle policies, Session documents, schedules. It knows no resource and no account.
package documents
