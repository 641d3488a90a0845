package sizing

import (
	"slices"
	"strconv"
	"strings"
)

// Host is the shape of an instance type.
type Host struct {
	Type      string
	CPU       int // CPU units, 1024 to a vCPU
	MemoryMiB int
	MaxTasks  int // tasks in awsvpc mode, each with an interface of its own, that trunking makes room for
}

// UsableMemoryMiB is what tasks can reserve of the host's memory. The kernel keeps a part before the ECS agent registers
// the rest (Amazon ECS Developer Guide, "Reserving Amazon ECS Linux container instance memory", where 8192 MiB become
// 7985); a twentieth, and at least the 256 MiB of the guide's example, covers every size.
func (h Host) UsableMemoryMiB() int { return h.MemoryMiB - max(256, h.MemoryMiB/20) }

// TasksOf returns how many tasks of a size the host runs: the least of what its CPU, its memory and its network
// interfaces have room for. The CPU units and the MiB must be at least 1.
func (h Host) TasksOf(cpu, memoryMiB int) int {
	return min(h.CPU/cpu, h.UsableMemoryMiB()/memoryMiB, h.MaxTasks)
}

// trunking is the number of tasks by size: the column "Task limit with ENI trunking" of the tables in the Amazon ECS
// Developer Guide, "Supported instances for increased Amazon ECS container network interfaces".
type trunking map[string]int

var (
	intel5 = trunking{ // c5 has 9xlarge and 18xlarge in place of 8xlarge and 16xlarge; r5.8xlarge is named as unsupported
		"large": 10, "xlarge": 20, "2xlarge": 40, "4xlarge": 60, "8xlarge": 60, "9xlarge": 60, "12xlarge": 60,
		"16xlarge": 120, "18xlarge": 120, "24xlarge": 120,
	}
	sixth = trunking{
		"large": 10, "xlarge": 20, "2xlarge": 40, "4xlarge": 60, "8xlarge": 90, "12xlarge": 120,
		"16xlarge": 120, "24xlarge": 120, "32xlarge": 120, "48xlarge": 120,
	}
	graviton = trunking{
		"medium": 4, "large": 10, "xlarge": 20, "2xlarge": 40, "4xlarge": 60, "8xlarge": 60, "12xlarge": 60, "16xlarge": 120,
	}
)

// families are the instance families with trunking that a cluster may run on, with the sizes each comes in.
var families = map[string]struct {
	limits trunking
	sizes  string
}{
	"c5": {intel5, "large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge"},
	"m5": {intel5, "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge"},
	"r5": {intel5, "large xlarge 2xlarge 4xlarge 12xlarge 16xlarge 24xlarge"},

	"c6i": {sixth, sizes6i}, "m6i": {sixth, sizes6i}, "r6i": {sixth, sizes6i},
	"c6a": {sixth, sizes6a}, "m6a": {sixth, sizes6a}, "r6a": {sixth, sizes6a},
	"c7i": {sixth, sizes7i}, "m7i": {sixth, sizes7i}, "r7i": {sixth, sizes7i},

	"c6g": {graviton, sizesG}, "m6g": {graviton, sizesG}, "r6g": {graviton, sizesG},
	"c7g": {graviton, sizesG}, "m7g": {graviton, sizesG}, "r7g": {graviton, sizesG},
}

const (
	sizes6i = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge"
	sizes6a = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge"
	sizes7i = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge"
	sizesG  = "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"
)

// HostOf returns the shape of an instance type, and whether it is one that a cluster may run on.
func HostOf(instanceType string) (Host, bool) {
	family, size, _ := strings.Cut(instanceType, ".")
	f, known := families[family]
	if !known || !slices.Contains(strings.Fields(f.sizes), size) {
		return Host{}, false
	}
	// The first letter is the memory: 2, 4 or 8 GiB to a vCPU (Amazon EC2 Instance Types Guide).
	gib := map[byte]int{'c': 2, 'm': 4, 'r': 8}[family[0]]
	n := vcpus(size)
	return Host{Type: instanceType, CPU: n * 1024, MemoryMiB: n * gib * 1024, MaxTasks: f.limits[size]}, true
}

// Hosts returns every instance type that a cluster may run on, sorted by name.
func Hosts() []Host {
	var all []Host
	for family, f := range families {
		for size := range strings.FieldsSeq(f.sizes) {
			h, _ := HostOf(family + "." + size)
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(a, b Host) int { return strings.Compare(a.Type, b.Type) })
	return all
}

// nearestHost returns a type of the same architecture, and where it can of the same memory and size.
func nearestHost(instanceType string) string {
	family, size, _ := strings.Cut(instanceType, ".")
	if _, known := families[family]; !known {
		letter, generation := "m", "6i"
		if family != "" && strings.Contains("cmr", family[:1]) {
			letter = family[:1]
		}
		if len(family) > 1 && strings.Contains(family[1:], "g") {
			generation = "6g"
		}
		family = letter + generation
	}
	if _, known := HostOf(family + "." + size); known {
		return family + "." + size
	}
	return family + ".xlarge"
}

// vcpus returns the number of vCPUs of a size from medium up, or 0.
func vcpus(size string) int {
	if n, ok := map[string]int{"medium": 1, "large": 2, "xlarge": 4}[size]; ok {
		return n
	}
	n, err := strconv.Atoi(strings.TrimSuffix(size, "xlarge"))
	if err != nil || !strings.HasSuffix(size, "xlarge") || n < 2 {
		return 0
	}
	return 4 * n
}
