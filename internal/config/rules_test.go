package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// ruleCase is a change to the base that one rule refuses.
type ruleCase struct {
	change  map[string]any
	key     string
	rule    string // a part of it
	nearest string
}

var ruleCases = map[string]ruleCase{
	"protect missing":      {map[string]any{"platform.protect": nil}, "platform.protect", "no answer", ""},
	"protect as text":      {map[string]any{"platform.protect": "true"}, "platform.protect", "without quotes", ""},
	"owner missing":        {map[string]any{"platform.owner": nil}, "platform.owner", "must be given", ""},
	"owner a tag refuses":  {map[string]any{"platform.owner": "team #1"}, "platform.owner", "tag's value", ""},
	"owner between spaces": {map[string]any{"platform.owner": "team "}, "platform.owner", "spaces inside", ""},
	"owner too long":       {map[string]any{"platform.owner": strings.Repeat("x", 257)}, "platform.owner", "tag's value", ""},
	"cost centre missing":  {map[string]any{"platform.costCentre": ""}, "platform.costCentre", "must be given", ""},
	"cost centre a number": {map[string]any{"platform.costCentre": 4711}, "platform.costCentre", "need quotes", ""},
	"cost centre refused":  {map[string]any{"platform.costCentre": "a\nb"}, "platform.costCentre", "tag's value", ""},
	"expires not a time":   {map[string]any{"platform.expires": "tomorrow"}, "platform.expires", "RFC 3339", ""},
	"expires elsewhere":    {map[string]any{"platform.expires": "2026-01-31T12:00:00+01:00"}, "platform.expires", "UTC", ""},
	"expires by a comma":   {map[string]any{"platform.expires": "2030-01-01T00:00:00,5Z"}, "platform.expires", "RFC 3339", ""},
	"expires by one digit": {map[string]any{"platform.expires": "2030-01-01T0:00:00Z"}, "platform.expires", "RFC 3339", ""},
	"expires though protected": {map[string]any{"platform.expires": "2026-01-31T12:00:00Z", "platform.protect": true},
		"platform.expires", "not reaped", ""},

	"boundary missing":   {map[string]any{"platform.permissionsBoundary": ""}, "platform.permissionsBoundary", "must be given", ""},
	"boundary as an ARN": {map[string]any{"platform.permissionsBoundary": "arn:aws:iam::111122223333:policy/b"}, "platform.permissionsBoundary", "path and name", ""},
	"unbounded production": {map[string]any{"platform.permissionsBoundary": "none", "platform.protect": true},
		"platform.permissionsBoundary", "could otherwise make one", "/deepstreamhub/deepstreamhub-boundary"},
	"role path missing":  {map[string]any{"platform.rolePath": ""}, "platform.rolePath", "must be given", ""},
	"role path too long": {map[string]any{"platform.rolePath": "/" + strings.Repeat("x", 511) + "/"}, "platform.rolePath", "at most 512", ""},
	"role path of AWS":   {map[string]any{"platform.rolePath": "/aws-service-role/x/"}, "platform.rolePath", "AWS's own", ""},
	"boundary too long":  {map[string]any{"platform.permissionsBoundary": "/" + strings.Repeat("x", 129)}, "platform.permissionsBoundary", "a name 128", ""},
	"boundary too deep":  {map[string]any{"platform.permissionsBoundary": "/" + strings.Repeat("x", 511) + "/x"}, "platform.permissionsBoundary", "at most 512", ""},
	"boundary no name":   {map[string]any{"platform.permissionsBoundary": "/team/"}, "platform.permissionsBoundary", "path and name", ""},
	"role path open":     {map[string]any{"platform.rolePath": "/deepstreamhub"}, "platform.rolePath", "a path of IAM", ""},

	"region unknown": {map[string]any{regionKey: "eu-centrl-1", "service.image": "deepstream@sha256:" + digest}, regionKey, "commercial AWS region", "eu-central-1"},
	"region missing": {map[string]any{regionKey: "", "service.image": "deepstream@sha256:" + digest}, regionKey, "must be given", ""},
	"cidr missing":   {map[string]any{"network.cidr": nil}, "network.cidr", "must be given", ""},
	"cidr not one":   {map[string]any{"network.cidr": "10.16.0.0"}, "network.cidr", "IPv4 range", ""},
	"cidr too small": {map[string]any{"network.cidr": "10.16.3.0/24"}, "network.cidr", "/16 to /20", "10.16.0.0/20"},
	"cidr too large": {map[string]any{"network.cidr": "10.0.0.0/8"}, "network.cidr", "/16 to /20", "10.0.0.0/16"},
	"cidr of many tasks": {and(further(map[string]any{"tasks": 488, "cpu": 4096}), "network.cidr", "10.16.16.0/20"), "network.cidr",
		"has 507 addresses, and at the most 165 hosts of two, 167 tasks and 11 endpoints take 508", "10.16.0.0/19"},
	"cidr of docker":    {map[string]any{"network.cidr": "172.17.16.0/20"}, "network.cidr", "Docker", ""},
	"cidr public":       {map[string]any{"network.cidr": "11.0.0.0/16"}, "network.cidr", "must lie inside", ""},
	"cidr host bits":    {map[string]any{"network.cidr": "10.16.1.0/16"}, "network.cidr", "start of its range", "10.16.0.0/16"},
	"cidr v6":           {map[string]any{"network.cidr": "fd00::/16"}, "network.cidr", "IPv4 range", ""},
	"zones missing":     {map[string]any{"network.zones": nil}, "network.zones", "must be given", ""},
	"zones too few":     {zones("euc1-az1", "euc1-az3"), "network.zones", "three to six", "[euc1-az1, euc1-az3, euc1-az2]"},
	"zones no list":     {map[string]any{"network.zones": "euc1-az1"}, "network.zones", "a list", ""},
	"zone a number":     {map[string]any{"network.zones": []any{"euc1-az1", 2, "euc1-az3"}}, "network.zones[1]", "must be text", ""},
	"zone twice":        {zones("euc1-az1", "euc1-az2", "euc1-az1"), "network.zones[2]", "twice", ""},
	"zone of another":   {zones("euc1-az1", "euc1-az2", "use1-az3"), "network.zones[2]", "of eu-central-1", "euc1-az3"},
	"zone beyond":       {zones("euc1-az1", "euc1-az2", "euc1-az7"), "network.zones[2]", "of eu-central-1", "euc1-az1"},
	"zone by name":      {zones("euc1-az1", "euc1-az2", "eu-central-1a"), "network.zones[2]", "of eu-central-1", "euc1-az1"},
	"nat none":          {map[string]any{"service.auth": "open", "network.nat": "none", "network.endpoints": []string{"ecr.api", "ecr.dkr", "logs", "ecs"}}, "network.nat", "hold ecs-agent, ecs-telemetry, elasticloadbalancing, kms, secretsmanager, ssm, ssmmessages as well", "single"},
	"nat none, image":   {map[string]any{"service.auth": "open", "network.nat": "none", "service.image": "deepstream@sha256:" + digest}, "service.image", "from ECR", ""},
	"ipv6 as text":      {map[string]any{"network.ipv6": "yes"}, "network.ipv6", "without quotes", ""},
	"nat none, images":  {and(and(further(nil), "network.nat", "none"), "service.auth", "open"), "services.orders.image", "from ECR", ""},
	"nat empty text":    {map[string]any{"service.auth": "open", "network.nat": ""}, "network.nat", "none, single or perZone", "none"},
	"endpoints text":    {map[string]any{"network.endpoints": "ecr.api"}, "network.endpoints", "a list", ""},
	"endpoint unknown":  {map[string]any{"network.endpoints": []string{"ecr.api", "ecr.dkt"}}, "network.endpoints[1]", "must be one of", "ecr.dkr"},
	"endpoint twice":    {map[string]any{"network.endpoints": []string{"ecr.api", "ecr.api"}}, "network.endpoints[1]", "twice", ""},
	"flow logs odd":     {map[string]any{"network.flowLogRetentionDays": 31}, "network.flowLogRetentionDays", "out of 0 1 3 5", "30"},
	"flow logs needed":  {map[string]any{"network.flowLogRetentionDays": 0, "platform.protect": true}, "network.flowLogRetentionDays", "protect: true", "90"},
	"nat misspelt":      {map[string]any{"network.nat": "perzone"}, "network.nat", "perZone", "perZone"},
	"nat left empty":    {map[string]any{"network.nat": json.RawMessage("null")}, "network.nat", "better left out", ""},
	"postgres emptied":  {map[string]any{"database.engineVersion": ""}, "database.engineVersion", "must be a version of Aurora PostgreSQL, major.minor: 14.6, ", "14.6"},
	"postgres too old":  {map[string]any{"database.engineVersion": "12.9"}, "database.engineVersion", "must be a version", "16.9"},
	"postgres unknown":  {map[string]any{"database.engineVersion": "17.50"}, "database.engineVersion", "17.4, 17.5, 17.6", "17.5"},
	"postgres a major":  {map[string]any{"database.engineVersion": "16"}, "database.engineVersion", "major.minor", "14.6"},
	"major, another":    {map[string]any{"database.engineVersion": "17.5", "database.allowMajorVersion": 16}, "database.allowMajorVersion", "which is 17, or left out", "17"},
	"major, protected":  {map[string]any{"database.engineVersion": "17.5", "database.allowMajorVersion": 17, "platform.protect": true}, "database.allowMajorVersion", "must be left out with platform.protect: true", ""},
	"major, unknown":    {map[string]any{"database.allowMajorVersion": 99}, "database.allowMajorVersion", "which is 16", "16"},
	"postgres number":   {map[string]any{"database.engineVersion": 16.8}, "database.engineVersion", "need quotes", ""},
	"class unknown":     {map[string]any{"database.instanceClass": "db.r6g.larg"}, "database.instanceClass", "r6g", "db.r6g.large"},
	"class too small":   {map[string]any{"database.instanceClass": "db.t4g.small"}, "database.instanceClass", "t4g", "db.t4g.large"},
	"class too new":     {map[string]any{"database.engineVersion": "14.6", "database.instanceClass": "db.r7g.large"}, "database.instanceClass", "14.6 runs on: none of family r7g, r7i, r8g", "db.r6g.large"},
	"services too many": {services(60), "services", "at most 59 services: the load balancer's security group", ""},
	"readers none":      {map[string]any{"database.readers": 0}, "database.readers", "1 to 15", "1"},
	"readers too many":  {map[string]any{"database.readers": 16}, "database.readers", "1 to 15 (one takes over", "15"},
	"windows as one":    {map[string]any{"database.backupWindow": "sun:02:00-sun:03:00"}, "database.backupWindow", "daily window in UTC", ""},
	"window emptied":    {map[string]any{"database.backupWindow": ""}, "database.backupWindow", "daily window in UTC", ""},
	"window too short":  {map[string]any{"database.backupWindow": "02:00-02:29"}, "database.backupWindow", "30 minutes or more, not 29", ""},
	"window a number":   {map[string]any{"database.backupWindow": 2}, "database.backupWindow", "need quotes", ""},
	"maintained daily":  {map[string]any{"database.maintenanceWindow": "03:30-04:30"}, "database.maintenanceWindow", "weekly window in UTC", ""},
	"maintained short":  {map[string]any{"database.maintenanceWindow": "sun:03:30-sun:03:59"}, "database.maintenanceWindow", "30 minutes or more, not 29", ""},
	"maintained long":   {map[string]any{"database.maintenanceWindow": "mon:03:00-tue:03:01"}, "database.maintenanceWindow", "a day at most", ""},
	"windows meet":      {map[string]any{"database.backupWindow": "02:30-03:31"}, "database.maintenanceWindow", "overlap database.backupWindow, which is 02:30-03:31", ""},
	"bus windows meet":  {map[string]any{"bus.maintenanceWindow": "wed:02:59-wed:03:59"}, "bus.maintenanceWindow", "overlap bus.snapshotWindow", ""},
	"bus window short":  {map[string]any{"bus.snapshotWindow": "02:00-02:59"}, "bus.snapshotWindow", "60 minutes or more, not 59", ""},
	"bus maintained":    {map[string]any{"bus.maintenanceWindow": "wed:03:00-wed:03:59"}, "bus.maintenanceWindow", "60 minutes or more, not 59", ""},
	"parameters text":   {map[string]any{"database.parameters": "work_mem=64"}, "database.parameters", "a map by name", ""},
	"parameter number":  {map[string]any{"database.parameters": map[string]any{"work_mem": 65536}}, "database.parameters.work_mem", "need quotes", ""},
	"parameter of ours": {map[string]any{"database.parameters": map[string]any{"rds.force_ssl": "0"}}, "database.parameters.rds.force_ssl",
		"nobody connects without TLS", ""},
	"parameter static":  {map[string]any{"database.parameters": map[string]any{"max_worker_processes": "16"}}, "database.parameters.max_worker_processes", "when the instances restart", ""},
	"parameter range":   {map[string]any{"database.parameters": map[string]any{"work_mem": "63"}}, "database.parameters.work_mem", "a whole number from 64 to 2147483647", ""},
	"parameter unknown": {map[string]any{"database.parameters": map[string]any{"work_men": "64"}}, "database.parameters.work_men", "no such parameter", "database.parameters.work_mem"},
	"bus parameters":    {map[string]any{"bus.parameters": []string{"timeout"}}, "bus.parameters", "a map by name", ""},
	"bus keeps it all":  {map[string]any{"bus.parameters": map[string]any{"maxmemory-policy": "noeviction"}}, "bus.parameters.maxmemory-policy", "every write fails", ""},
	"bus writes to few": {map[string]any{"bus.replicas": 2, "bus.parameters": map[string]any{"min-replicas-to-write": "2"}}, "bus.parameters.min-replicas-to-write",
		"less than the number of replicas, 2", ""},
	"bus is too new":   {map[string]any{"bus.parameters": map[string]any{"lazyfree-lazy-expire": "yes"}}, "bus.parameters.lazyfree-lazy-expire", "from Valkey 8 on there is no", ""},
	"bus times out":    {map[string]any{"bus.parameters": map[string]any{"timeout": "10"}}, "bus.parameters.timeout", "a whole number from 20", ""},
	"bus in shards":    {map[string]any{"bus.parameters": map[string]any{"cluster-enabled": "yes"}}, "bus.parameters.cluster-enabled", "shards", ""},
	"bus secret":       {map[string]any{"bus.parameters": map[string]any{"timeout": map[string]any{"secure": "v1:abc"}}}, "bus.parameters.timeout", "Secrets Manager", ""},
	"backups none":     {map[string]any{"database.backupRetentionDays": 0}, "database.backupRetentionDays", "1 to 35", "1"},
	"backups too long": {map[string]any{"database.backupRetentionDays": 36}, "database.backupRetentionDays", "1 to 35", "35"},
	"no final snapshot": {map[string]any{"database.finalSnapshot": false, "platform.protect": true},
		"database.finalSnapshot", "platform.protect", "true"},

	"restore from nowhere": {map[string]any{"database.restoreFrom": "prod--eu"}, "database.restoreFrom", "name of a cluster snapshot", ""},
	"restore from a time":  {map[string]any{"database.restoreFrom": "2026-01-31T12:00:00Z"}, "database.restoreFrom", "name of a cluster snapshot", ""},
	"restore from elsewhere": {map[string]any{"database.restoreFrom": "arn:aws:rds:us-east-1:111122223333:cluster-snapshot:prod-eu-final-1a2b3c4d"},
		"database.restoreFrom", "own region, eu-central-1", ""},
	"restore to no time":     {map[string]any{"database.restoreFrom": "prod-eu@yesterday"}, "database.restoreFrom", "RFC 3339", ""},
	"restore to local time":  {map[string]any{"database.restoreFrom": "prod-eu@2026-01-31T12:00:00+01:00"}, "database.restoreFrom", "UTC", ""},
	"restore no cluster":     {map[string]any{"database.restoreFrom": "Prod_EU@latest"}, "database.restoreFrom", "cluster's identifier", ""},
	"restore to a comma":     {map[string]any{"database.restoreFrom": "prod-eu@2026-01-31T12:00:00,5Z"}, "database.restoreFrom", "RFC 3339", ""},
	"restore a long cluster": {map[string]any{"database.restoreFrom": strings.Repeat("a", 64) + "@latest"}, "database.restoreFrom", "cluster's identifier", ""},
	"restore a long name":    {map[string]any{"database.restoreFrom": strings.Repeat("a", 256)}, "database.restoreFrom", "name of a cluster snapshot", ""},
	"restore from China":     {map[string]any{"database.restoreFrom": "arn:aws-cn:rds:eu-central-1:111122223333:cluster-snapshot:prod-eu"}, "database.restoreFrom", "name of a cluster snapshot", ""},
	"monitoring odd":         {map[string]any{"database.monitoringSeconds": 20}, "database.monitoringSeconds", "out of 0 1 5 10 15 30 60", "15"},
	"insights as text":       {map[string]any{"database.performanceInsights": "on"}, "database.performanceInsights", "true or false", ""},
	"connections of a class": {map[string]any{"service.peakConnections": 500_000, "service.reconnectsPerSecond": 5000, "database.instanceClass": "db.t4g.medium"}, "database.instanceClass", "database connections of 398", "db.t4g.large"},

	"backups perhaps":      {map[string]any{"backup.enabled": "yes"}, "backup.enabled", "true or false", ""},
	"schedule by the hour": {map[string]any{"backup.schedule": "cron(0 * * * ? *)"}, "backup.schedule", "once a day", ""},
	"schedule a rate":      {map[string]any{"backup.schedule": "rate(1 day)"}, "backup.schedule", "once a day", ""},
	"points kept never":    {map[string]any{"backup.retentionDays": 0}, "backup.retentionDays", "1 to 36500", "1"},
	"copies kept forever":  {map[string]any{"backup.copyRetentionDays": 36501}, "backup.copyRetentionDays", "1 to 36500", "36500"},
	"copies stay":          {map[string]any{"backup.copyTo": "eu-central-1"}, "backup.copyTo", "another region", ""},
	"copies lost":          {map[string]any{"backup.copyTo": "us-east1"}, "backup.copyTo", "commercial AWS region", "us-east-1"},
	"copies of nothing":    {map[string]any{"backup.copyTo": "us-east-1", "backup.enabled": false}, "backup.copyTo", "nothing to copy", ""},
	"lock unknown":         {map[string]any{"backup.lock": "complience", "platform.protect": true}, "backup.lock", "governance", "compliance"},
	"lock of ephemeral":    {map[string]any{"backup.lock": "governance"}, "backup.lock", "deleted with the stack", "none"},
	"lock on nothing":      {map[string]any{"backup.lock": "governance", "platform.protect": true, "backup.enabled": false}, "backup.lock", "nothing to lock", "none"},
	"lock outlasts points": {map[string]any{"backup.lock": "compliance", "platform.protect": true, "backup.retentionDays": 6}, "backup.retentionDays", "at least backup.lockMinRetentionDays", "7"},
	"lock outlasts copies": {map[string]any{"backup.lock": "governance", "platform.protect": true, "backup.copyRetentionDays": 6}, "backup.copyRetentionDays", "at least backup.lockMinRetentionDays", "7"},
	"lock for nobody":      {map[string]any{"backup.lockMinRetentionDays": 0}, "backup.lockMinRetentionDays", "1 to 36500", "1"},

	"valkey unknown":      {map[string]any{"bus.engineVersion": "7.1"}, "bus.engineVersion", "Valkey", "7.2"},
	"node type old":       {map[string]any{"bus.nodeType": "cache.t2.micro"}, "bus.nodeType", "node type", "cache.t3.micro"},
	"replicas none":       {map[string]any{"bus.replicas": 0}, "bus.replicas", "1 to 5", "1"},
	"replicas too many":   {map[string]any{"bus.replicas": 6}, "bus.replicas", "1 to 5", "5"},
	"replicas a fraction": {map[string]any{"bus.replicas": 1.5}, "bus.replicas", "whole number from 1 to 5", ""},
	"bus snapshots":       {map[string]any{"bus.snapshotRetentionDays": 36}, "bus.snapshotRetentionDays", "0 to 35", "35"},
	"bus snapshots none": {map[string]any{"bus.snapshotRetentionDays": 0, "platform.protect": true},
		"bus.snapshotRetentionDays", "1 to 35", "1"},

	"ami missing":        {map[string]any{"cluster.ami": nil}, "cluster.ami", "must be given", ""},
	"ami malformed":      {map[string]any{"cluster.ami": "ami-latest"}, "cluster.ami", "hexadecimal", ""},
	"host burstable":     {map[string]any{"cluster.instanceType": "t4g.large"}, "cluster.instanceType", "ENI trunking", "c6g.large"},
	"host with trunking": {map[string]any{"cluster.instanceType": "c6gn.xlarge"}, "cluster.instanceType", "some of those with ENI trunking", "c6g.xlarge"},
	"host of a hole":     {map[string]any{"cluster.instanceType": "r5.8xlarge", "cluster.architecture": "x86_64"}, "cluster.instanceType", "ENI trunking", "m5.8xlarge"},
	"host of another":    {map[string]any{"cluster.instanceType": "c5.xlarge"}, "cluster.instanceType", "of cluster.architecture, arm64", "c6g.xlarge"},
	"host of x86":        {map[string]any{"cluster.architecture": "x86_64"}, "cluster.instanceType", "of cluster.architecture, x86_64", "c6a.xlarge"},
	"architecture":       {map[string]any{"cluster.architecture": "amd64"}, "cluster.architecture", "arm64 or x86_64", "arm64"},
	"volume too small":   {map[string]any{"cluster.rootVolumeGiB": 29}, "cluster.rootVolumeGiB", "30 to 16384", "30"},

	"image missing":      {map[string]any{"service.image": nil}, "service.image", "must be given", ""},
	"image by tag":       {map[string]any{"service.image": "registry:5000/deepstream:latest"}, "service.image", "a tag can be moved", ""},
	"image bare":         {map[string]any{"service.image": "registry:5000/deepstream"}, "service.image", "pinned by digest", ""},
	"image at a port":    {map[string]any{"service.image": "registry.example.com:5000/deepstream@sha256:" + digest}, "service.image", "in a registry at port 443", ""},
	"image short digest": {map[string]any{"service.image": "deepstream@sha256:abc"}, "service.image", "64 hexadecimal", ""},
	"image elsewhere": {map[string]any{"service.image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/deepstream@sha256:" + digest},
		"service.image", "own region", "111122223333.dkr.ecr.eu-central-1.amazonaws.com/deepstream@sha256:" + digest},
	"image of none":        {ecr(".dkr.ecr.eu-central-1.amazonaws.com"), "service.image", "name a repository", ""},
	"image of a letter":    {ecr(".dkr.ecr.eu-central-1.amazonaws.com/a"), "service.image", "2 to 256", ""},
	"image at length":      {ecr(".dkr.ecr.eu-central-1.amazonaws.com/" + strings.Repeat("a", 257)), "service.image", "2 to 256", ""},
	"image of signs":       {ecr(".dkr.ecr.eu-central-1.amazonaws.com/a__b"), "service.image", "one of . _ - /", ""},
	"image by FIPS":        {ecr(".dkr.ecr-fips.us-east-1.amazonaws.com/deepstream"), "service.image", "plain host", ""},
	"image by IPv6":        {ecr(".dkr-ecr.eu-central-1.on.aws/deepstream"), "service.image", "plain host", ""},
	"image by FIPS, IPv6":  {ecr(".dkr-ecr-fips.us-east-1.on.aws/deepstream"), "service.image", "plain host", ""},
	"image by a port":      {ecr(".dkr.ecr.us-east-1.amazonaws.com:443/deepstream"), "service.image", "plain host", ""},
	"auth missing":         {map[string]any{"service.auth": nil}, "service.auth", "{webhook: https://...}, whom servers ask who a client is, or open", ""},
	"auth left empty":      {map[string]any{"service.auth": json.RawMessage("null")}, "service.auth", "or open", ""},
	"auth an empty map":    {map[string]any{"service.auth": map[string]any{}}, "service.auth", "or open", ""},
	"auth empty text":      {map[string]any{"service.auth": ""}, "service.auth", "or open", ""},
	"auth none":            {map[string]any{"service.auth": "none"}, "service.auth", "or open", ""},
	"auth shouted":         {map[string]any{"service.auth": "Open"}, "service.auth", "or open", ""},
	"auth perhaps":         {map[string]any{"service.auth": true}, "service.auth", "or open", ""},
	"auth a list":          {map[string]any{"service.auth": []string{"open"}}, "service.auth", "or open", ""},
	"auth a bare URL":      {map[string]any{"service.auth": "http://auth.example.com/a"}, "service.auth", "{webhook: ", "{webhook: https://auth.example.com/a}"},
	"auth of another kind": {map[string]any{"service.auth": map[string]any{"file": "users.yml"}}, "service.auth.file", "no such key", "service.auth.webhook"},
	"auth a secret":        {map[string]any{"service.auth": map[string]any{"secure": "v1:abc"}}, "service.auth", "Secrets Manager", ""},
	"webhook a secret":     {webhook(map[string]any{"secure": "v1:abc"}), "service.auth.webhook", "Secrets Manager", ""},
	"webhook a number":     {webhook(443), "service.auth.webhook", "must be text", ""},
	"webhook left empty":   {webhook(nil), "service.auth.webhook", "must be text", ""},
	"webhook empty text":   {webhook(""), "service.auth", "or open", ""},
	"webhook placeholder":  {webhook("placeholder:https://auth.example.com/"), "service.auth.webhook", "only an offline run accepts: name the URL", ""},
	"open as placeholder":  {map[string]any{"service.auth": "placeholder:open"}, "service.auth", "only an offline run", ""},
	"webhook in the clear": {webhook("http://auth.example.com/a"), "service.auth.webhook", "begin with https://", "https://auth.example.com/a"},
	"webhook without NAT":  {and(webhook("https://auth.example.com/a?b=c"), "network.nat", "none"), "service.auth.webhook", "inside of the VPC with network.nat: none", ""},
	"webhook over IPv4":    {and(and(webhook("https://203.0.113.7/a"), "network.nat", "none"), "network.ipv6", true), "service.auth.webhook", "a private address", ""},
	"webhook, IPv6 is off": {and(webhook("https://[2001:db8::1]/a"), "network.nat", "none"), "service.auth.webhook", "with network.ipv6: true", ""},
	"webhook, no IPv6":     {webhook("https://[2001:db8::1]/a"), "service.auth.webhook", "without network.ipv6: true", ""},
	"webhook is itself":    {webhook("https://EU.deepstreamhub.com/a"), "service.auth.webhook", "answered by the servers that ask", ""},
	"webhook is global":    {and(global("live.deepstreamhub.com"), "service.auth", map[string]any{"webhook": "https://live.deepstreamhub.com:443/a"}), "service.auth.webhook", "answered by the servers that ask", ""},
	"webhook beside":       {and(further(nil), "service.auth", map[string]any{"webhook": "https://eu.deepstreamhub.com/order"}), "service.auth.webhook", "in the path of no further service", ""},
	"webhook looks inside": {and(webhook("https://vpce-0a1b.example.com/"), "network.nat", "none"), "service.auth.webhook", "the name of an interface endpoint", ""},
	"webhook open":         {webhook("open"), "service.auth.webhook", "begin with https://", ""},
	"other hosts no list":  {map[string]any{"cluster.otherInstanceTypes": "c7g.xlarge"}, "cluster.otherInstanceTypes", "a list", ""},
	"other host twice":     {map[string]any{"cluster.otherInstanceTypes": []string{"c6g.xlarge"}}, "cluster.otherInstanceTypes[0]", "twice", ""},
	"other host burst":     {map[string]any{"cluster.otherInstanceTypes": []string{"t4g.large"}}, "cluster.otherInstanceTypes[0]", "ENI trunking", "c6g.large"},
	"other host intel":     {map[string]any{"cluster.otherInstanceTypes": []string{"c6i.xlarge"}}, "cluster.otherInstanceTypes[0]", "architecture", ""},
	"other host small":     {map[string]any{"cluster.otherInstanceTypes": []string{"c6g.medium"}, "service.memoryMiB": 1900}, "service.memoryMiB", "c6g.medium leaves 1792 of its 2048 MiB", "1792"},
	"other hosts, 40":      {map[string]any{"cluster.otherInstanceTypes": othersOf("c6g.xlarge", 40)}, "cluster.otherInstanceTypes", "at most 39 types", ""},
	"spot too much":        {map[string]any{"cluster.spotPercent": 101}, "cluster.spotPercent", "0 to 100", "100"},
	"warm and spot":        {map[string]any{"cluster.warmPool": 1, "cluster.spotPercent": 1}, "cluster.warmPool", "no warm pool", "0"},
	"warm and mixed":       {map[string]any{"cluster.warmPool": 1, "cluster.otherInstanceTypes": []string{"c7g.xlarge"}}, "cluster.warmPool", "no warm pool", "0"},
	"warm beyond hosts":    {map[string]any{"cluster.warmPool": 5}, "cluster.warmPool", "must be at most 4, the hosts that follow from service.peakConnections", "4"},
	"warm a share":         {map[string]any{"cluster.warmPool": "half"}, "cluster.warmPool", "whole number from 0", ""},
	"exec as text":         {map[string]any{"cluster.exec": "no"}, "cluster.exec", "without quotes", ""},
	"metrics as text":      {map[string]any{"service.metrics": "yes"}, "service.metrics", "without quotes", ""},
	"scale on sockets":     {map[string]any{"service.scaleOn": "connection"}, "service.scaleOn", "connections or cpu", "connections"},

	"services no map":       {map[string]any{"service.scaleOn": "cpu", "services.orders": 1}, "services.orders", "some of these keys", ""},
	"services share":        {and(and(further(nil), "service.scaleOn", "connections"), "service.metrics", false), "service.scaleOn", "of all services together", "cpu"},
	"services' image":       {further(map[string]any{"image": "orders:1"}), "services.orders.image", "a tag can be moved", ""},
	"services' port":        {further(map[string]any{"port": 0}), "services.orders.port", "1 to 65535", "1"},
	"services' tasks":       {further(map[string]any{"tasks": 1}), "services.orders.tasks", "2 to 1000", "2"},
	"services' most tasks":  {further(map[string]any{"tasks": 1001}), "services.orders.tasks", "2 to 1000", "1000"},
	"services' max tasks":   {further(map[string]any{"tasks": 3, "maxTasks": 2}), "services.orders.maxTasks", "3 to 1000", "3"},
	"services' cpu at most": {further(map[string]any{"cpu": 16_384}), "services.orders.cpu", "c6g.xlarge has 4096", "4096"},
	"services' cpu":         {further(map[string]any{"cpu": 64}), "services.orders.cpu", "of 128 or more", "128"},
	"services' memory":      {further(map[string]any{"memoryMiB": 8000}), "services.orders.memoryMiB", "c6g.xlarge leaves 7783", "7783"},
	"services' health":      {further(map[string]any{"healthPath": "health"}), "services.orders.healthPath", "such as /healthz", ""},
	"services' long health": {further(map[string]any{"healthPath": "/" + strings.Repeat("x", 1024)}), "services.orders.healthPath", "at most 1024", ""},
	"services' quote":       {further(map[string]any{"healthPath": "/a'b"}), "services.orders.healthPath", "a URL can have", ""},
	"services' fragment":    {further(map[string]any{"healthPath": "/health#a"}), "services.orders.healthPath", "a URL can have", ""},
	"services' path up":     {further(map[string]any{"path": "/../orders"}), "services.orders.path", "without . or ..", ""},
	"services' path top":    {further(map[string]any{"path": "/.."}), "services.orders.path", "without . or ..", ""},
	"services' path here":   {further(map[string]any{"path": "/orders/."}), "services.orders.path", "without . or ..", ""},
	"services' path":        {further(map[string]any{"path": "/orders/"}), "services.orders.path", "such as /orders", ""},
	"services' path taken":  {further(map[string]any{"path": "/api/orders"}), "services.orders.path", "deepstream's own", ""},
	"services' definition": {further(map[string]any{"environment": map[string]string{"A": strings.Repeat("a b ", 15_500)}}), "services.orders.environment",
		"may have 61440 bytes together, of the 65536", ""},
	"services' command": {further(map[string]any{"command": []string{"sh", strings.Repeat("a ", 35_000)}, "environment": map[string]string{"A": "b"}}), "services.orders.command",
		"must be shorter", ""},
	"services' variable":  {further(map[string]any{"environment": map[string]string{"A-B": "c"}}), "services.orders.environment", "letters, digits", ""},
	"services' key":       {further(map[string]any{"imgae": "x"}), "services.orders.imgae", "no such key", "services.orders.image"},
	"services' name":      {map[string]any{"service.scaleOn": "cpu", "services.Orders": order(nil)}, "services.Orders", "lower case", ""},
	"services' tier name": {map[string]any{"service.scaleOn": "cpu", "services.bus": order(nil)}, "services.bus", "like a tier", ""},
	"services' group":     {map[string]any{"service.scaleOn": "cpu", "services.sg": order(nil)}, "services.sg", "EC2 keeps that beginning", ""},
	"services' group id":  {map[string]any{"service.scaleOn": "cpu", "services.sg-1": order(nil)}, "services.sg-1", "EC2 keeps that beginning", ""},
	"services' paths": {and(further(nil), "services.stock", order(map[string]any{"path": "/orders/stock"})),
		"services.stock.path", "path of another service", ""},

	"cpu too small":     {map[string]any{"service.cpu": 100}, "service.cpu", "of 128 or more", "128"},
	"cpu beyond hosts":  {map[string]any{"service.cpu": 16_384}, "service.cpu", "c6g.xlarge has 4096", "4096"},
	"cpu beyond host":   {map[string]any{"service.cpu": 8192}, "service.cpu", "c6g.xlarge has 4096", "4096"},
	"memory too small":  {map[string]any{"service.memoryMiB": 64}, "service.memoryMiB", "256 or more", "256"},
	"memory of host":    {map[string]any{"service.memoryMiB": 8192}, "service.memoryMiB", "c6g.xlarge leaves 7783 of its 8192 MiB to tasks", "7783"},
	"log retention odd": {map[string]any{"service.logRetentionDays": 31}, "service.logRetentionDays", "out of 1 3 5", "30"},
	"log retention":     {map[string]any{"service.logRetentionDays": "30"}, "service.logRetentionDays", "out of 1 3 5", ""},

	"hostname missing":  {map[string]any{"edge.hostname": nil}, "edge.hostname", "must be given", ""},
	"hostname outside":  {map[string]any{"edge.hostname": "eu.notdeepstreamhub.com"}, "edge.hostname", "inside edge.zone", ""},
	"hostname is zone":  {map[string]any{"edge.hostname": "deepstreamhub.com"}, "edge.hostname", "inside edge.zone", ""},
	"hostname no name":  {map[string]any{"edge.hostname": "EU.deepstreamhub.com"}, "edge.hostname", "DNS name", ""},
	"hostname too long": {map[string]any{"edge.hostname": strings.Repeat("x", 47) + ".deepstreamhub.com"}, "edge.hostname", "64 characters", ""},
	"zone malformed":    {map[string]any{"edge.zone": "deepstreamhub.com."}, "edge.zone", "DNS name", ""},
	"zone emptied":      {map[string]any{"edge.zone": ""}, "edge.zone", "must be given", ""},
	"global outside":    {global("live.example.com"), "edge.globalName", "inside edge.zone", ""},
	"global is own":     {global("eu.deepstreamhub.com"), "edge.globalName", "differ", ""},
	"global no name":    {global("live"), "edge.globalName", "DNS name", ""},
	"global unscoped":   {map[string]any{"edge.globalName": "live.deepstreamhub.com"}, "edge.globalName", "dataScope", ""},
	"scope unknown":     {map[string]any{"edge.dataScope": "global"}, "edge.dataScope", "perRegion", "perRegion"},
	"no peak":           {map[string]any{"service.peakConnections": 0}, "service.peakConnections", "1 to 100000000", "1"},
	"reconnects rare":   {map[string]any{"service.reconnectsPerSecond": 100}, "service.reconnectsPerSecond", "clients give up after 40 s", "167"},
	"nobody to tell":    {map[string]any{"observability.notify": []any{"ops@deepstreamhub.com"}}, "observability.notify[0]", "mailto:", ""},
	"told in the clear": {map[string]any{"observability.notify": []any{"http://x.org"}}, "observability.notify[0]", "https://", ""},
	"told in capitals":  {told("HTTPS://x.org/a"), "observability.notify[0]", "https://", ""},
	"told with a space": {told("https://x.org/a b"), "observability.notify[0]", "no character", ""},
	"told nowhere":      {told("https://:443/"), "observability.notify[0]", "must name a host", ""},
	"told itself":       {told("https://localhost/"), "observability.notify[0]", "on the internet", ""},
	"told inside":       {told("https://10.16.0.9/"), "observability.notify[0]", "on the internet", ""},
	"told inside by v6": {told("https://[fd00::9]/"), "observability.notify[0]", "on the internet", ""},
	"told at no port":   {told("https://x.org:99999/"), "observability.notify[0]", "1 to 65535", ""},
	"told after colon":  {told("https://x.org:/"), "observability.notify[0]", "1 to 65535", ""},
	"told at length":    {told("https://x.org/" + strings.Repeat("x", 2035)), "observability.notify[0]", "at most 2048", ""},
	"told a token":      {told("https://x.org/?token=abc"), "observability.notify[0]", "or another secret", ""},
	"told a secret":     {told("https://hooks.slack.com/services/T000/B000/XXXX"), "observability.notify[0]", "or another secret", ""},
	"told a subject":    {told("mailto:a@example.com?subject=x"), "observability.notify[0]", "behind mailto:", ""},
	"told nobody there": {told("mailto:a@example"), "observability.notify[0]", "behind mailto:", ""},
	"told nowhere else": {told("arn:aws:sqs:eu-nowhere-1:111122223333:q"), "observability.notify[0]", "there is no eu-nowhere-1", ""},
	"told a function":   {told("arn:aws:lambda:eu-central-1:111122223333:function:f"), "observability.notify[0]", "SQS queue", ""},
	"volume too large":  {map[string]any{"observability.maxVolumeGiB": 200_000}, "observability.maxVolumeGiB", "128 TiB", "131072"},

	"storage none":      {map[string]any{"observability.minLocalStorageGiB": 0}, "observability.minLocalStorageGiB", "1 to 1024", "1"},
	"never busy":        {map[string]any{"observability.busyPercent": 100}, "observability.busyPercent", "nothing is above 100", "99"},
	"always busy":       {map[string]any{"observability.busyPercent": 0}, "observability.busyPercent", "1 to 99", "1"},
	"limit reached":     {map[string]any{"observability.limitPercent": 100}, "observability.limitPercent", "it is too late", "99"},
	"errors none":       {map[string]any{"observability.errorsPerMinute": 0}, "observability.errorsPerMinute", "1 to 1000000", "1"},
	"slow minutes":      {map[string]any{"observability.slowMilliseconds": 60_001}, "observability.slowMilliseconds", "1 to 60000", "60000"},
	"certificate early": {map[string]any{"observability.certificateDays": 60}, "observability.certificateDays", "renews 60 days before", "59"},
	"reader stopped":    {map[string]any{"observability.databaseLagMilliseconds": 60_001}, "observability.databaseLagMilliseconds", "1 to 60000", "60000"},
	"replica stopped":   {map[string]any{"observability.busLagSeconds": 3601}, "observability.busLagSeconds", "1 to 3600", "3600"},
	"nothing pending":   {map[string]any{"observability.pendingWrites": 0}, "observability.pendingWrites", "1 to 1000000", "1"},

	"access logs odd": {map[string]any{"edge.accessLogRetentionDays": 100}, "edge.accessLogRetentionDays", "out of 1 3 5", "90"},

	"hosts, a zone empty":   {map[string]any{"cluster.minHosts": 2}, "cluster.minHosts", "a zone without a host runs no task", "3"},
	"hosts, range":          {map[string]any{"cluster.minHosts": -1}, "cluster.minHosts", "0 to 5000", "0"},
	"hosts, too few":        {map[string]any{"cluster.maxHosts": 1}, "cluster.maxHosts", "tasks at the peak, a deployment's", "4"},
	"tasks, a zone more":    {map[string]any{"service.minTasks": 4}, "service.minTasks", "the same number in each of 3 zones", "6"},
	"tasks, too few":        {map[string]any{"service.maxTasks": 1}, "service.maxTasks", "hold the peak of ", "6"},
	"derived tasks":         {map[string]any{"service.tasks": 6}, "service.tasks", "no such key: it follows from service.peakConnections", ""},
	"derived limit":         {map[string]any{"edge.wafRateLimit": 2000}, "edge.wafRateLimit", "follows from service.reconnectsPerSecond", ""},
	"unknown key":           {map[string]any{"network.zonez": 3}, "network.zonez", "no such key", "network.zones"},
	"key of another group":  {map[string]any{"network.warmPool": 3}, "network.warmPool", "no such key", "cluster.warmPool"},
	"unknown group":         {map[string]any{"netwrok.cidr": "10.0.0.0/16"}, "deepstreamhub:netwrok", "no such key", "deepstreamhub:network"},
	"secret":                {map[string]any{"edge.zone": map[string]any{"secure": "v1:abc"}}, "edge.zone", "Secrets Manager", ""},
	"secret under new name": {map[string]any{"edge.hostnames": map[string]any{"secure": "v1:abc"}}, "edge.hostnames", "no such key", "edge.hostname"},
}

// further is a stack with a second service, which has the changes.
func further(changes map[string]any) map[string]any {
	return map[string]any{"service.scaleOn": "cpu", "services.orders": order(changes)}
}

// services are as many as said, each with a path of its own.
func services(n int) map[string]any {
	out := map[string]any{"service.scaleOn": "cpu"}
	for i := range n {
		name := fmt.Sprintf("s%d", i)
		out["services."+name] = order(map[string]any{"path": "/" + name})
	}
	return out
}

func order(changes map[string]any) map[string]any {
	s := map[string]any{"image": "orders@sha256:" + digest, "port": 8080, "healthPath": "/health", "path": "/orders"}
	maps.Copy(s, changes)
	return s
}

func and(change map[string]any, key string, value any) map[string]any {
	change[key] = value
	return change
}

func webhook(url any) map[string]any {
	return map[string]any{"service.auth": map[string]any{"webhook": url}}
}

// othersOf are host types of the architecture of one, which hold what the defaults ask for.
func othersOf(first string, n int) []string {
	return slices.DeleteFunc(slices.Clone(hostTypes), func(name string) bool {
		_, size, _ := strings.Cut(name, ".")
		return name == first || architectureOf(name) != architectureOf(first) || size == "medium"
	})[:n]
}

// ecr is an image of a registry's host and repository, behind the account.
func ecr(rest string) map[string]any {
	return map[string]any{"service.image": "111122223333" + rest + "@sha256:" + digest}
}

func told(who string) map[string]any {
	return map[string]any{"observability.notify": []string{who}}
}

func zones(ids ...string) map[string]any { return map[string]any{"network.zones": ids} }

func global(name string) map[string]any {
	return map[string]any{"edge.globalName": name, "edge.dataScope": "perRegion"}
}

func TestMostServices(t *testing.T) {
	t.Parallel()
	require.Empty(t, problemsOf(t, with(services(59)), Options{}))
}

func TestLongestDefinition(t *testing.T) {
	t.Parallel()
	definition := func(bytes int) map[string]any {
		return further(map[string]any{"environment": map[string]string{"A": strings.Repeat("a ", bytes/2)}})
	}
	require.Empty(t, problemsOf(t, with(definition(61_400)), Options{}))
	require.Len(t, problemsOf(t, with(definition(61_440)), Options{}), 1)
}

func TestMostAddresses(t *testing.T) {
	t.Parallel()
	require.Empty(t, problemsOf(t, with(and(further(map[string]any{"tasks": 487, "cpu": 4096}), "network.cidr", "10.16.16.0/20")), Options{}))
}

func TestEachRuleRefusesOnItsOwn(t *testing.T) {
	t.Parallel()
	for name, test := range ruleCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := problemsOf(t, with(test.change), Options{})
			require.Len(t, problems, 1, "%v", problems)
			assert.Equal(t, test.key, problems[0].Key)
			assert.Contains(t, problems[0].Rule, test.rule)
			assert.Equal(t, test.nearest, problems[0].Nearest)
		})
	}
}

// A nearest choice that is itself refused would send its reader round in a circle.
func TestNearestChoicesAreValid(t *testing.T) {
	t.Parallel()
	for name, test := range ruleCases {
		change := maps.Clone(test.change)
		switch value := test.nearest; {
		case value == "" || strings.Contains(problemsOf(t, with(change), Options{})[0].Rule, "no such key"):
			continue
		case strings.HasPrefix(value, "["):
			change[test.key] = strings.Split(strings.Trim(value, "[]"), ", ")
		case strings.HasPrefix(test.key, "services."), strings.Contains(test.key, ".parameters."):
			continue // its value is inside an entry
		case test.key == keyWebhook:
			change[keyAuth] = map[string]any{authWebhook: value}
		case test.key == keyAuth:
			var form any
			require.NoError(t, yaml.Unmarshal([]byte(value), &form), name)
			change[keyAuth] = form
		case strings.Contains(test.key, "["):
			continue // the nearest zone may be one that is there already
		case json.Valid([]byte(value)) && !strings.HasSuffix(test.key, ".engineVersion"):
			change[test.key] = json.RawMessage(value)
		default:
			change[test.key] = value
		}
		assert.Empty(t, problemsOf(t, with(change), Options{}), name)
	}
}
