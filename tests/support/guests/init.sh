#!/bin/busybox sh
# init of Moorage's Linux test guest: says on the console which virtio disks there are, whenever that changes.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules/order); do /bin/busybox insmod "/modules/$module"; done
seen=none
while true; do
  now="DISKS"
  for disk in /sys/block/vd*; do
    [ -e "$disk" ] || continue
    name=${disk##*/}
    now="$now $name size=$(/bin/busybox cat "$disk/size") serial=$(/bin/busybox cat "$disk/serial")"
    now="$now says=$(/bin/busybox dd if="/dev/$name" bs=16 count=1 2>/dev/null | /bin/busybox tr -dc 'a-z-');"
  done
  if [ "$now" != "$seen" ]; then echo "$now" >/dev/ttyS0; seen=$now; fi
  /bin/busybox sleep 0.2
done
