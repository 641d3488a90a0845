package awserrors

// waits are failures that are no answers of AWS: what the provider waited for did not come.
var waits = []Entry{
	{Says: "circuit breaker", Cause: "The new tasks did not stay up, and ECS went back to the ones before.",
		Fix: "hub health {stack} tells why tasks stopped; correct that and run: hub up {stack}", Source: "ECS Developer Guide, Deployment circuit breaker"},
	{Says: "ResourceNotReady: exceeded wait attempts", Cause: waited, Fix: waitedFix, Source: "AWS SDK for Go, request waiters"},
	{Says: "PENDING_VALIDATION", Cause: "The certificate was not validated in time: its DNS record cannot be seen from the internet.",
		Fix: "The domain must be delegated to the zone of edge.zone: compare dig NS with the zone's name servers, then run: hub up {stack}", Source: "ACM User Guide, DNS validation"},
	{Says: "unexpected state", Cause: "AWS took the call and then could not bring the resource up. What it made is in the state as failed and is made anew by the next up.",
		Fix: "The text names the state and often the reason; correct that and run: hub up {stack}", Source: "Terraform Plugin SDK, retry.StateChangeConf"},
	{Says: "timeout while waiting", Cause: waited, Fix: waitedFix, Source: "Terraform Plugin SDK, retry.StateChangeConf"},
	{Says: "couldn't find resource", Cause: "The resource was made and then not seen: AWS was slow to tell, or it was deleted meanwhile.",
		Fix: vanished, Source: "Terraform Plugin SDK, retry.NotFoundError"},
	{Says: "no such host", Cause: "AWS cannot be reached by name: this machine's DNS or network is away, or the region's name is wrong.",
		Fix: "Check the network and aws:region, then run the command again: what was done is in the state.", Source: "Go, net.DNSError"},
	{Says: "context deadline exceeded", Cause: "The answer did not arrive. AWS may have done what it was asked.",
		Fix: "Run the command again: it looks first for what the unanswered call made.", Source: "AWS SDK for Go, aws.RequestCanceledError"},
	{Says: "connection refused", Cause: "AWS or the provider cannot be reached from this machine.",
		Fix: "Check the network and proxies, then run the command again: it looks first for what was under way.", Source: "Go, syscall.ECONNREFUSED"},
}

const (
	waited    = "AWS took the call and was not done within the provider's time. It may still be working on it."
	waitedFix = "Wait, then run hub refresh {stack} and hub up {stack}: what came up meanwhile is taken into the state."
)
