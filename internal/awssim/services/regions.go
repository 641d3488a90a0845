package services

// regionFacts is what AWS has in a region before anybody has anything there.
type regionFacts struct {
	Name           string // for people
	BalancerZone   string // id of the hosted zone in which load balancers' names are
	BalancerWriter string // account that writes load balancers' access logs; later regions have a service principal alone
}

// regionsKnown are the commercial regions that have two zones or more, as the AWS provider 5.100.0 knows them (data sources
// aws_region, aws_lb_hosted_zone_id and aws_elb_service_account).
var regionsKnown = map[string]regionFacts{
	"af-south-1":     {"Africa (Cape Town)", "Z268VQBMOI5EKX", "098369216593"},
	"ap-east-1":      {"Asia Pacific (Hong Kong)", "Z3DQVH9N71FHZ0", "754344448648"},
	"ap-east-2":      {"Asia Pacific (Taipei)", "Z02789141MW7T1WBU19PO", ""},
	"ap-northeast-1": {"Asia Pacific (Tokyo)", "Z14GRHDCWA56QT", "582318560864"},
	"ap-northeast-2": {"Asia Pacific (Seoul)", "ZWKZPGTI48KDX", "600734575887"},
	"ap-northeast-3": {"Asia Pacific (Osaka)", "Z5LXEXXYW11ES", "383597477331"},
	"ap-south-1":     {"Asia Pacific (Mumbai)", "ZP97RAFLXTNZK", "718504428378"},
	"ap-south-2":     {"Asia Pacific (Hyderabad)", "Z0173938T07WNTVAEPZN", ""},
	"ap-southeast-1": {"Asia Pacific (Singapore)", "Z1LMS91P8CMLE5", "114774131450"},
	"ap-southeast-2": {"Asia Pacific (Sydney)", "Z1GM3OXH4ZPM65", "783225319266"},
	"ap-southeast-3": {"Asia Pacific (Jakarta)", "Z08888821HLRG5A9ZRTER", "589379963580"},
	"ap-southeast-4": {"Asia Pacific (Melbourne)", "Z09517862IB2WZLPXG76F", ""},
	"ap-southeast-5": {"Asia Pacific (Malaysia)", "Z06010284QMVVW7WO5J", ""},
	"ap-southeast-7": {"Asia Pacific (Thailand)", "Z0390008CMBRTHFGWBCB", ""},
	"ca-central-1":   {"Canada (Central)", "ZQSVJUPU6J1EY", "985666609251"},
	"ca-west-1":      {"Canada West (Calgary)", "Z06473681N0SF6OS049SD", ""},
	"eu-central-1":   {"Europe (Frankfurt)", "Z215JYRZR1TBD5", "054676820928"},
	"eu-central-2":   {"Europe (Zurich)", "Z06391101F2ZOEP8P5EB3", ""},
	"eu-north-1":     {"Europe (Stockholm)", "Z23TAZ6LKFMNIO", "897822967062"},
	"eu-south-1":     {"Europe (Milan)", "Z3ULH7SSC9OV64", "635631232127"},
	"eu-south-2":     {"Europe (Spain)", "Z0956581394HF5D5LXGAP", ""},
	"eu-west-1":      {"Europe (Ireland)", "Z32O12XQLNTSW2", "156460612806"},
	"eu-west-2":      {"Europe (London)", "ZHURV8PSTC4K8", "652711504416"},
	"eu-west-3":      {"Europe (Paris)", "Z3Q77PNBQS71R4", "009996457667"},
	"il-central-1":   {"Israel (Tel Aviv)", "Z09170902867EHPV2DABU", ""},
	"me-central-1":   {"Middle East (UAE)", "Z08230872XQRWHG2XF6I", ""},
	"me-south-1":     {"Middle East (Bahrain)", "ZS929ML54UICD", "076674570225"},
	"mx-central-1":   {"Mexico (Central)", "Z023552324OKD1BB28BH5", ""},
	"sa-east-1":      {"South America (Sao Paulo)", "Z2P70J7HTTTPLU", "507241528517"},
	"us-east-1":      {"US East (N. Virginia)", "Z35SXDOTRQ7X7K", "127311923021"},
	"us-east-2":      {"US East (Ohio)", "Z3AADJGX6KTTL2", "033677994240"},
	"us-west-1":      {"US West (N. California)", "Z368ELLRRE2KJ0", "027434742980"},
	"us-west-2":      {"US West (Oregon)", "Z1H1FL5HABSF5", "797873946194"},
}

// BalancerZone is the id of the hosted zone in which the names of a region's load balancers are; empty for no region.
func BalancerZone(region string) string { return regionsKnown[region].BalancerZone }
