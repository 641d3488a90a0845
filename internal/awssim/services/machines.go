package services

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// machine is what an EC2 instance type has.
type machine struct {
	Architecture string // arm64 or x86_64
	CPU          int    // ECS units, 1024 to a vCPU
	MemoryMiB    int
}

var (
	instanceTypePattern = regexp.MustCompile(`^([a-z]+)(\d+)([a-z-]*)\.((\d+)?x?large|medium|small|micro|nano|metal(-\d+xl)?)$`)
	burstable           = map[string][2]int{ // vCPUs and MiB of the sizes of t3, t3a and t4g
		"nano": {2, 512}, "micro": {2, 1024}, "small": {2, 2048}, "medium": {2, 4096},
		"large": {2, 8192}, "xlarge": {4, 16384}, "2xlarge": {8, 32768},
	}
	perCPU = map[string]int{"c": 2, "m": 4, "r": 8} // GiB a vCPU of the general families
)

// machineOf returns what an instance type has. The families c, m, r and t from the fifth, third for t, generation on
// are known (Amazon EC2 Instance Types); others are not offered here.
func machineOf(name string) (machine, bool) {
	m := instanceTypePattern.FindStringSubmatch(name)
	if m == nil || strings.HasPrefix(m[4], "metal") {
		return machine{}, false
	}
	family, size := m[1], m[4]
	generation, _ := strconv.Atoi(m[2])
	out := machine{Architecture: "x86_64"}
	if strings.Contains(m[3], "g") {
		out.Architecture = "arm64"
	}
	if family == "t" {
		has, ok := burstable[size]
		out.CPU, out.MemoryMiB = has[0]*1024, has[1]
		return out, ok && generation >= 3
	}
	gib, ok := perCPU[family]
	cpus := sizeCPUs(size)
	if strings.HasSuffix(m[3], "n") && family == "c" && out.Architecture == "x86_64" && generation == 5 {
		return machine{}, false // c5n has another ratio and is not offered
	}
	out.CPU, out.MemoryMiB = cpus*1024, cpus*gib*1024
	return out, ok && cpus > 0 && generation >= 5 && (size != "medium" || out.Architecture == "arm64")
}

// sizeCPUs returns the vCPUs of a size from medium up, or 0.
func sizeCPUs(size string) int {
	switch size {
	case "medium":
		return 1
	case "large":
		return 2
	case "xlarge":
		return 4
	}
	n, err := strconv.Atoi(strings.TrimSuffix(size, "xlarge"))
	if err != nil {
		return 0
	}
	return 4 * n
}

// imageOf finds a machine image of the call's region.
func imageOf(t *cloud.Tx, id string) (cloud.Image, bool) {
	for _, i := range t.Declared().Regions[t.Region].Images {
		if i.ID == id {
			return i, true
		}
	}
	return cloud.Image{}, false
}
