// go-redis as it comes: values, ends, counters, sets, scans and pipelines, at the address and with the password given.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

func main() {
	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: os.Args[1], Password: os.Args[2]})
	defer client.Close()

	check(client.Set(ctx, "k", "v", 100*time.Second).Err())
	expect(client.Get(ctx, "k").Val(), "v")
	expect(client.TTL(ctx, "k").Val(), 100*time.Second)
	expect(errors.Is(client.Get(ctx, "none").Err(), redis.Nil), true)
	expect(client.IncrBy(ctx, "n", 5).Val(), int64(5))
	expect(client.Decr(ctx, "n").Val(), int64(4))
	expect(client.SAdd(ctx, "s", "a", "b").Val(), int64(2))
	expect(client.SIsMember(ctx, "s", "a").Val(), true)
	members := client.SMembers(ctx, "s").Val()
	sort.Strings(members)
	expect(strings.Join(members, " "), "a b")

	gets := make([]*redis.StringCmd, 200)
	_, err := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i := range gets {
			pipe.Set(ctx, fmt.Sprintf("p%d", i), i, 0)
			gets[i] = pipe.Get(ctx, fmt.Sprintf("p%d", i))
		}
		return nil
	})
	check(err)
	for i, get := range gets {
		expect(get.Val(), fmt.Sprint(i))
	}

	met := 0
	for scan := client.Scan(ctx, 0, "p1??", 0).Iterator(); scan.Next(ctx); met++ {
	}
	expect(met, 100)
	expect(strings.Contains(client.LPush(ctx, "l", 1).Err().Error(), "unknown command"), true)
	fmt.Println("done")
}

func expect[T comparable](got, want T) {
	if got != want {
		check(fmt.Errorf("%v, and not %v", got, want))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
