// Package observability is how a region tells people that something is wrong with it, and how they see what.
//
// It creates a KMS key (alias/<project>/<stack>/observability) and, encrypted under it, an SNS topic with its
// subscriptions, one for each of Args.Subscriptions; an alarm for each row of the table in table.go, which reports to the
// topic when it goes off and when it is over; EventBridge rules that pass on what AWS does not count in a metric:
// failed deployments, hosts that cannot be replaced, database failovers, failed backups and copies; and a dashboard,
// <project>-<stack>, with every alarm's state and a row of graphs for each tier.
//
// An account holds one for each prefix and stack, since a dashboard's name belongs to all of its regions: a program that watches two
// regions gives each another Args.Stack.
//
// It needs the names of what it watches, which the tiers give as outputs, Container Insights switched on for the
// cluster, and somebody to confirm each e-mail and HTTPS subscription: until then AWS sends it nothing.
//
// It refuses, before anything is registered: missing names, thresholds that no value could cross, services with
// unusable keys, subscriptions given twice or with an endpoint that does not fit their protocol.
//
// EventBridge sends no account along when it publishes to an encrypted topic, so the two statements for it, in the
// key's and in the topic's policy, are not narrowed to the account as those for CloudWatch are.
//
// It does not watch: Route 53's health checks, whose metrics exist in us-east-1 only, whatever the region; failovers of
// the bus, which ElastiCache reports to unencrypted topics only (they show as replication lag and as lost connections);
// what the containers write to their logs.
package observability
