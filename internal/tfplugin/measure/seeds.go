package main

// seeds are what a resource has to say beyond what its schema demands before the provider plans it: some checks look at several
// properties at once.
var seeds = map[string]map[string]any{
	"aws_lb_target_group":         {"port": 80.0, "protocol": "HTTP", "vpc_id": "vpc-12345678"},
	"aws_cloudwatch_metric_alarm": {"metric_name": "CPUUtilization", "namespace": "AWS/ECS", "statistic": "Sum", "period": 60.0, "threshold": 1.0},
	"aws_lb_listener": {"protocol": "HTTP", "port": 80.0,
		"default_action": []any{map[string]any{"type": "forward", "target_group_arn": targetGroup}}},
	"aws_lb_listener_rule": {"action": []any{map[string]any{"type": "forward", "target_group_arn": targetGroup}},
		"condition": []any{map[string]any{"path_pattern": []any{map[string]any{"values": []any{"/a"}}}}}},
	"aws_elasticache_replication_group": {"engine": "redis", "engine_version": "7.1", "node_type": "cache.r7g.large",
		"automatic_failover_enabled": true, "num_cache_clusters": 2.0},
	"aws_rds_cluster":          {"engine": "aurora-postgresql"},
	"aws_rds_cluster_instance": {"engine": "aurora-postgresql"},
	"aws_alb":                  {"access_logs": []any{map[string]any{"bucket": "a", "enabled": true}}},
	"aws_ecr_replication_configuration": {"replication_configuration": []any{map[string]any{"rule": []any{map[string]any{
		"destination": []any{map[string]any{"region": "eu-west-1", "registry_id": "123456789012"}}}}}}},
	"aws_route53_record": {"type": "A", "ttl": 60.0, "records": []any{"10.0.0.1"}},
}

const targetGroup = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/a/0123456789abcdef"
