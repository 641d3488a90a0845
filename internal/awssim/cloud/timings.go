package cloud

import "time"

// timings is how long the operations on every type take: AWS's own time, the waits that the provider adds to it whatever
// AWS does, and the provider's timeouts. The source says which rows of the collection of facts, section 1, the figures
// come from; those of apply logs are totals, from which the provider's wait is taken off. Where it says "guess" nobody
// measured.
var timings = limited(map[string]Timing{
	// Network
	typeVPC:               {Create: secs(2, 1, 29), Update: secs(1, 0, 3), Delete: secs(1, 0, 1), Wait: wait(10, 10, 0), Source: "facts, section 1: VPC, 6 logs"},
	typeSubnet:            {Create: secs(2, 1, 6), Update: secs(1, 0, 3), Delete: secs(1, 0, 1), Wait: wait(0, 10, 0), Limit: most(10, 0, 20), Source: "facts, section 1: subnet, 3 logs"},
	typeEgressGateway:     {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "as the internet gateway (guess)"},
	typeIPv6Block:         {Create: secs(5, 2, 15), Delete: secs(5, 2, 15), Limit: most(10, 0, 10), Source: "guess; timeouts: the provider's schema"},
	typeInternetGateway:   {Create: secs(1, 1, 2), Delete: secs(1, 1, 2), Limit: most(20, 20, 20), Source: "facts, section 1: internet gateway, 3 logs; rule 4 holds it while addresses are mapped"},
	typeEIP:               {Create: secs(1, 0, 6), Delete: secs(1, 0, 1), Limit: most(0, 5, 3), Source: "facts, section 1: EIP, 3 logs"},
	typeNAT:               {Create: seen(0, 84, 87, 92, 96, 115, 115, 116, 118, 121), Delete: secs(35, 32, 50), Limit: most(10, 10, 30), Source: "facts, section 1: NAT gateway, 9 logs of a creation and 1 of a deletion; polled every 10 s, the end may be seen at once"},
	typeRouteTable:        {Create: secs(1, 0, 5), Delete: secs(1, 0, 1), Limit: most(5, 2, 5), Source: "facts, section 1: route table, 3 logs"},
	typeRoute:             {Create: secs(0.5, 0, 1), Update: secs(0.5, 0, 1), Delete: secs(0.5, 0, 1), Limit: most(5, 2, 5), Source: "facts, section 1: route, 3 logs"},
	typeRouteAssociation:  {Create: secs(0.5, 0, 1), Update: secs(0.5, 0, 1), Delete: secs(0.5, 0, 1), Limit: most(5, 2, 5), Source: "facts, section 1: association, 3 logs"},
	typeEndpoint:          {Create: secs(90, 38, 117), Update: secs(10, 2, 60), Delete: secs(60, 10, 300), Wait: wait(5, 5, 5), Limit: most(10, 10, 10), Source: "interface endpoints: 3 logs of a creation, 43 s, 113 s and 122 s; changes and deletions are a guess"},
	typeFlowLog:           {Create: secs(1, 1, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: flow log (guess)"},
	typeSecurityGroup:     {Create: secs(3, 2, 7), Delete: secs(1, 0, 1), Limit: most(10, 0, 15), Source: "facts, section 1: security group, 3 logs; rule 3 holds it"},
	typeIngressRule:       {Create: secs(2, 1, 5), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: security group rule, 3 logs"},
	typeEgressRule:        {Create: secs(2, 1, 5), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: security group rule, 3 logs"},
	typeDefaultGroup:      {Create: secs(1, 1, 3), Delete: secs(0, 0, 0), Source: "facts, section 1: security group rule: revoking what it was born with (guess)"},
	typeNetworkACL:        {Create: secs(1, 1, 4), Update: secs(1, 0, 3), Delete: secs(1, 0, 1), Source: "as a route table with entries (guess)"},
	typeDefaultNetworkACL: {Create: secs(1, 1, 4), Update: secs(1, 0, 3), Delete: secs(0, 0, 0), Source: "as a route table with entries (guess)"},
	typeACLAssociation:    {Create: secs(0.5, 0, 1), Delete: secs(0.5, 0, 1), Source: "as a route table's association (guess)"},
	typeDefaultRouteTable: {Create: secs(1, 0, 5), Delete: secs(0, 0, 0), Limit: most(5, 2, 0), Source: "facts, section 1: route table, 3 logs"},

	// Identities and keys
	typeRole:           {Create: secs(1, 1, 5), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: IAM role, 2 logs"},
	typeRolePolicy:     {Create: secs(0.5, 0, 1), Update: secs(0.5, 0, 1), Delete: secs(0.5, 0, 1), Source: "facts, section 1: inline policy, 2 logs"},
	typeRoleAttachment: {Create: secs(0.5, 0, 2), Delete: secs(0.5, 0, 1), Source: "facts, section 1: policy attachment, 3 logs"},
	typeProfile:        {Create: secs(1, 1, 3), Update: secs(1, 1, 3), Delete: secs(1, 0, 1), Wait: wait(6, 0, 0), Source: "facts, section 1: instance profile; the wait of 5.76 on is a guess"},
	typeKey:            {Create: secs(4, 1, 7), Update: secs(3, 1, 7), Delete: secs(2, 1, 3), Wait: wait(10, 5, 0), Source: "facts, section 1: KMS key, 2 logs; kms/wait.go"},
	typeAlias:          {Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(1, 0, 1), Source: "facts, section 1: KMS alias, 1 log"},

	// Hosts and containers
	typeLaunchTemplate:   {Create: secs(5, 1, 5), Update: secs(1, 0, 2), Delete: secs(0.5, 0, 1), Source: "facts, section 1: launch template, 1 log with 5.100"},
	typeGroup:            {Create: secs(16, 16, 80), Update: secs(5, 1, 30), Delete: seen(0, 89, 92, 93, 101, 118, 141, 151), Limit: most(0, 10, 10), Source: "facts, section 1: ASG without a wait for a load balancer, 2 logs of a creation, 7 of a deletion"},
	typeCluster:          {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(5, 1, 20), Wait: wait(10, 10, 0), Source: "facts, section 1: ECS cluster, 4 logs; deletion is a guess"},
	typeCapacityProvider: {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(30, 10, 1200), Limit: most(0, 0, 20), Source: "facts, section 1: capacity provider; deletion is a guess, polled for 20 minutes"},
	typeClusterProviders: {Create: secs(5, 0, 10), Update: secs(5, 0, 10), Delete: secs(5, 0, 10), Wait: wait(10, 10, 10), Source: "facts, section 1: cluster capacity providers, ecs/cluster_capacity_providers.go (guess)"},
	typeTask:             {Create: secs(0.5, 0, 1), Delete: secs(0.5, 0, 1), Source: "facts, section 1: task definition, 1 log"},
	typeService:          {Create: sum(taskPlaced, taskStarted, steadySeen), Update: secs(647, 180, 1214), Delete: secs(150, 15, 330), Limit: most(20, 20, 20), Source: "parts, each a guess: placement and network interface 20 s, start 20 s, steady state seen 15 s, before them the image (imagePulled) on a host that has joined (hostJoined); 1 log of a whole creation, 75 s; changes and deletions: facts, section 1, 3 issues"},
	typeScalableTarget:   {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 5), Source: "facts, section 1: App Auto Scaling target (guess)"},
	typeScalingPolicy:    {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "facts, section 1: App Auto Scaling policy (guess)"},

	// Edge
	typeLoadBalancer:   {Create: seen(30, 148, 156, 172, 173, 176, 187, 190), Update: secs(5, 1, 30), Delete: secs(123, 30, 150), Wait: wait(30, 10, 30), Limit: most(10, 10, 10), Source: "7 logs of a creation, facts, section 1, among them; 1 of a deletion, which waits for its network interfaces (facts 23)"},
	typeTargetGroup:    {Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(0.5, 0, 1), Source: "facts, section 1: target group, 2 logs"},
	typeListener:       {Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(0.5, 0, 1), Limit: most(5, 5, 0), Source: "facts, section 1: listener, 2 logs"},
	typeListenerRule:   {Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(0.5, 0, 1), Source: "facts, section 1: listener rule, 2 logs"},
	typeCertificate:    {Create: secs(8, 3, 11), Update: secs(1, 0, 1), Delete: secs(1, 0, 1), Source: "facts, section 1: ACM certificate, 1 issue; rule 72 holds it"},
	typeValidation:     {Create: secs(60, 0, 300), Delete: secs(0, 0, 0), Limit: most(75, 0, 0), Source: "facts, section 1: certificate validation, 2 logs; ACM says 30 minutes and more"},
	typeWebACL:         {Create: secs(2, 1, 4), Update: secs(2, 1, 4), Delete: secs(2, 1, 30), Source: "facts, section 1: WAFv2 web ACL, 1 log"},
	typeWebAssociation: {Create: secs(5, 2, 15), Delete: secs(3, 1, 10), Source: "facts, section 1: WAFv2 association (guess)"},
	typeWebLogging:     {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "as the web ACL (guess)"},
	typeZone:           {Create: secs(20, 16, 52), Update: secs(1, 0, 2), Delete: secs(15, 10, 30), Wait: wait(20, 0, 20), Limit: most(30, 30, 30), Source: "facts, section 1: Route 53 zone, 3 logs; deletion is a guess"},
	typeRecord:         {Create: secs(17, 11, 30), Update: secs(17, 11, 30), Delete: secs(15, 10, 30), Wait: wait(20, 20, 20), Limit: most(30, 30, 30), Source: "facts, section 1: Route 53 record, 1 issue; the wait is 10 to 30 s at random"},
	typeHealthCheck:    {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "facts, section 1: Route 53 health check (guess)"},

	// Data
	typeDBCluster:           {Create: secs(15, 10, 40), Update: secs(30, 5, 600), Delete: secs(33, 30, 100), Wait: wait(30, 30, 30), Limit: most(120, 120, 120), Source: "facts, section 1: Aurora cluster, 1 log and 1 issue"},
	typeDBInstance:          {Create: secs(350, 300, 710), Update: secs(120, 30, 600), Delete: secs(620, 559, 677), Wait: wait(30, 30, 30), Limit: most(90, 90, 90), Source: "facts, section 1: Aurora instance, 1 log and 2 deletions; a reader begins when the writer is there: side by side in that log, one took 381 s and the other 741 s"},
	typeDBSubnetGroup:       {Create: secs(2, 1, 3), Update: secs(1, 0, 2), Delete: secs(0.5, 0, 1), Source: "facts, section 1: DB subnet group, 1 log"},
	typeDBParameterGroup:    {Create: secs(2, 1, 3), Update: secs(1, 0, 3), Delete: secs(0.5, 0, 1), Source: "facts, section 1: cluster parameter group (guess)"},
	typeInstanceParameters:  {Create: secs(2, 1, 3), Update: secs(1, 0, 3), Delete: secs(0.5, 0, 1), Source: "facts, section 1: parameter group (guess)"},
	typeReplicationGroup:    {Create: seen(30, 287, 358, 419, 547, 555).upTo(870), Update: secs(120, 30, 900), Delete: secs(270, 150, 570), Wait: wait(30, 30, 30), Limit: most(60, 40, 45), Source: "5 logs of a creation; 900 s and more were seen (facts, section 1); changes and deletions are a guess"},
	typeCacheSubnetGroup:    {Create: secs(3, 2, 8), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: ElastiCache subnet group, 1 log"},
	typeCacheParameterGroup: {Create: secs(4, 2, 10), Update: secs(1, 0, 3), Delete: secs(1, 0, 1), Source: "facts, section 1: ElastiCache parameter group, 1 log"},
	typeSecret:              {Create: secs(4, 2, 6), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: Secrets Manager secret, 2 logs"},
	typeSecretVersion:       {Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(1, 0, 1), Source: "facts, section 1: secret version, 2 logs"},

	// Buckets
	typeBucket:       {Create: secs(9, 2, 10), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Limit: most(20, 20, 60), Source: "facts, section 1: S3 bucket, 1 log"},
	typeBucketPolicy: {Create: secs(1, 1, 2), Update: secs(1, 1, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: S3 sub-resources, 1 log"},
	typePublicBlock:  {Create: secs(1, 1, 2), Update: secs(1, 1, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: S3 sub-resources, 1 log"},
	typeEncryption:   {Create: secs(1, 1, 2), Update: secs(1, 1, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: S3 sub-resources, 1 log"},
	typeOwnership:    {Create: secs(1, 1, 2), Update: secs(1, 1, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: S3 sub-resources, 1 log"},
	typeVersioning:   {Create: secs(1, 1, 2), Update: secs(1, 1, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: S3 sub-resources, 1 log"},
	typeLifecycle:    {Create: secs(32, 5, 45), Update: secs(32, 5, 45), Delete: secs(1, 0, 1), Wait: wait(30, 30, 0), Limit: most(3, 3, 0), Source: "facts, section 1: S3 lifecycle configuration, 1 log; three good reads 10 s apart"},

	// What is watched and kept
	typeLogGroup:        {Create: secs(1, 0, 5), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: CloudWatch log group, 1 log"},
	typeMetricAlarm:     {Create: secs(2, 1, 3), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: CloudWatch alarm, 1 log"},
	typeDashboard:       {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: CloudWatch dashboard, 1 log"},
	typeTopic:           {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: SNS topic (guess)"},
	typeTopicPolicy:     {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: SNS topic policy (guess)"},
	typeSubscription:    {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: SNS subscription (guess)"},
	typeEventRule:       {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: EventBridge rule (guess)"},
	typeEventTarget:     {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: EventBridge target (guess)"},
	typeBackupVault:     {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "facts, section 1: backup vault (guess)"},
	typeBackupPlan:      {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "facts, section 1: backup plan (guess)"},
	typeBackupSelection: {Create: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "facts, section 1: backup selection (guess)"},
	typeBackupPolicy:    {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "as the backup vault (guess)"},
	typeBackupLock:      {Create: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "as the backup vault (guess)"},

	// What an account needs once
	"aws:ecr/repository:Repository":                             {Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(0.5, 0, 1), Limit: most(0, 0, 20), Source: "facts, section 1: ECR repository, 1 log"},
	"aws:ecr/lifecyclePolicy:LifecyclePolicy":                   {Create: secs(1, 0, 1), Delete: secs(0.5, 0, 1), Source: "as the ECR repository (guess)"},
	"aws:ecr/replicationConfiguration:ReplicationConfiguration": {Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(1, 0, 1), Source: "as the ECR repository (guess)"},
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider":       {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: OIDC provider (guess)"},
	"aws:kms/replicaKey:ReplicaKey":                             {Create: secs(10, 5, 30), Update: secs(3, 1, 7), Delete: secs(2, 1, 3), Wait: wait(10, 5, 0), Source: "as a KMS key, which AWS copies first (guess)"},
	"aws:s3/bucketReplicationConfig:BucketReplicationConfig":    {Create: secs(1, 1, 2), Update: secs(1, 1, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: S3 sub-resources, 1 log"},
	"aws:iam/policy:Policy":                                     {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: managed policy, 2 logs"},
	"aws:iam/serviceLinkedRole:ServiceLinkedRole":               {Create: secs(2, 1, 5), Update: secs(1, 0, 2), Delete: secs(10, 2, 60), Source: "as an IAM role; IAM deletes it by a task of its own (guess)"},
	"aws:iam/accountPasswordPolicy:AccountPasswordPolicy":       {Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(1, 0, 1), Source: "as an inline policy (guess)"},
	"aws:accessanalyzer/analyzer:Analyzer":                      {Create: secs(2, 1, 5), Update: secs(1, 0, 2), Delete: secs(2, 1, 5), Source: "guess"},
	"aws:budgets/budget:Budget":                                 {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "guess"},
	"aws:cloudtrail/trail:Trail":                                {Create: secs(2, 1, 5), Update: secs(1, 0, 3), Delete: secs(1, 0, 2), Source: "guess"},
	"aws:ebs/encryptionByDefault:EncryptionByDefault":           {Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(1, 0, 1), Source: "guess"},
	"aws:ecs/accountSettingDefault:AccountSettingDefault":       {Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(1, 0, 1), Source: "guess"},
	"aws:guardduty/detector:Detector":                           {Create: secs(2, 1, 5), Update: secs(1, 0, 3), Delete: secs(2, 1, 5), Source: "guess"},
	"aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock":  {Create: secs(2, 1, 10), Update: secs(2, 1, 10), Delete: secs(1, 0, 1), Source: "as that of a bucket (guess)"},
	"aws:ssm/document:Document":                                 {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2), Source: "as an SSM parameter (guess)"},
	"aws:autoscaling/lifecycleHook:LifecycleHook":               {Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: lifecycle hook (guess)"},
})

// The parts of a service's start, none of which anybody measured apart. What comes after them is not the provider's to
// wait for: it returns when the tasks run, and the load balancer finds them healthy after some checks of its own.
var (
	hostJoined  = secs(60, 40, 120) // from an instance in service to a container instance: boot, agent
	imagePulled = secs(30, 10, 120) // of some hundred megabytes from a registry, unpacked
	taskPlaced  = secs(20, 10, 60)  // placed by the scheduler and given a network interface
	taskStarted = secs(20, 5, 120)  // its secrets fetched, the container started
	steadySeen  = secs(15, 5, 60)   // the deployment noticed to be complete, and read by the provider
)

// gatewayEndpoint is the timing of an endpoint that is an entry in route tables and nothing more.
var gatewayEndpoint = limits(Timing{
	Create: seen(5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 9), Update: secs(1, 0, 5), Delete: secs(1, 0, 5), Wait: wait(5, 5, 5), Limit: most(10, 10, 10),
	Source: "gateway endpoints: 10 logs of a creation, facts, section 1, among them; changes and deletions are a guess",
})

// sum is the range of what takes one part after the other.
func sum(parts ...Range) Range {
	var all Range
	for _, p := range parts {
		all.Typical, all.Min, all.Max = all.Typical+p.Typical, all.Min+p.Min, all.Max+p.Max
	}
	return all
}

// upTo is the range with a longest that was seen elsewhere than in the logs of which the quantiles are known.
func (r Range) upTo(longest float64) Range {
	r.Max = secs(0, 0, longest).Max
	return r
}

// secs is a range in seconds: typical, least, most.
func secs(typical, least, most float64) Range {
	of := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	return Range{Typical: of(typical), Min: of(least), Max: of(most)}
}

// wait is the provider's fixed wait in seconds.
func wait(create, update, remove int) Waits { return inUnits(time.Second, create, update, remove) }

// most are the provider's timeouts in minutes; 0 where the resource names none.
func most(create, update, remove int) Waits { return inUnits(time.Minute, create, update, remove) }

func inUnits(unit time.Duration, create, update, remove int) Waits {
	return Waits{time.Duration(create) * unit, time.Duration(update) * unit, time.Duration(remove) * unit}
}

// sdkTimeout ends every operation whose resource names no timeout (plugin SDK v2, schema.DefaultTimeout).
const sdkTimeout = 20 * time.Minute

func limited(rows map[string]Timing) map[string]Timing {
	for typ, row := range rows {
		rows[typ] = limits(row)
	}
	return rows
}

func limits(row Timing) Timing {
	for _, limit := range []*time.Duration{&row.Limit.Create, &row.Limit.Update, &row.Limit.Delete} {
		if *limit == 0 {
			*limit = sdkTimeout
		}
	}
	return row
}
