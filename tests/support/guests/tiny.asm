; Moorage's test guest, 512 bytes of real mode code for sector 0 of a volume. Assemble: nasm -f bin tiny.asm
; It counts its boots in sector 1 (8 bytes, then a label that ends with NUL), says so on COM1, lets PCI devices
; be plugged and unplugged by ACPI, and answers the power button. Defined SPIN: it does nothing at all.
bits 16
org 0x7c00
  jmp 0:start
start:
%ifdef SPIN
  jmp start
%endif
  cli
  xor ax,ax
  mov ds,ax
  mov es,ax
  mov ss,ax
  mov sp,0x7c00
  mov [dapdrv],dl
  ; detect q35 by host bridge id
  mov eax,0x80000000
  mov dx,0xcf8
  out dx,eax
  mov dl,0xfe
  in ax,dx
  mov bp,0xae00
  cmp ax,0x29c0
  jne .pc
  mov bp,0x0cc0
.pc:
  ; mask irq 9 on slave pic
  in al,0xa1
  or al,2
  out 0xa1,al
  ; clear and enable power button
  mov dx,0x600
  mov ax,0x100
  out dx,ax
  mov dl,2
  out dx,ax
  ; read sector 1
  mov ah,0x42
  call disk
  inc word [0x8000]
  mov ah,0x43
  call disk
  mov si,msg
  call puts
  mov eax,[0x8000]
  call hex
  mov si,msgv
  call puts
  mov si,0x8008
  call puts
  call crlf
mainloop:
  sti
  hlt
  cli
  mov dx,0x600
  in ax,dx
  test ah,1
  jz .nopw
  mov si,msgoff
  call puts
  mov dx,0x600
  mov ax,0x100
  out dx,ax
  mov dx,0x604
  mov ax,0x2000
  out dx,ax
.nopw:
  xor edi,edi
.sel:
  mov eax,edi
  lea dx,[bp+0x10]
  out dx,eax
  mov dx,bp
  in eax,dx
  mov si,msgup
  mov ecx,eax
  jecxz .noup
  call report
.noup:
  lea dx,[bp+4]
  in eax,dx
  mov ecx,eax
  jecxz .nodn
  mov si,msgdn
  call report
  lea dx,[bp+8]
  mov eax,ecx
  out dx,eax
.nodn:
  inc di
  cmp di,32
  jb .sel
  jmp mainloop
report:
  push eax
  call puts
  mov ax,di
  call hex
  mov al,' '
  call putc
  pop eax
  call hex
crlf:
  mov al,13
  call putc
  mov al,10
putc:
  push dx
  push ax
  mov dx,0x3fd
.w: in al,dx
  test al,0x20
  jz .w
  pop ax
  mov dl,0xf8
  out dx,al
  pop dx
  ret
puts:
  lodsb
  test al,al
  jz .e
  call putc
  jmp puts
.e: ret
hex: ; eax
  push cx
  mov cx,8
.h: rol eax,4
  push ax
  and al,15
  add al,'0'
  cmp al,'9'
  jbe .d
  add al,39
.d: call putc
  pop ax
  loop .h
  pop cx
  ret
disk:
  mov si,dap
  mov dl,[dapdrv]
  int 0x13
  ret
msg: db 13,10,'TINY boot ',0
msgv: db ' vol ',0
msgup: db 'UP ',0
msgdn: db 'DOWN ',0
msgoff: db 'POWER',13,10,0
dapdrv: db 0
align 4
dap: db 16,0
 dw 1
 dw 0x8000,0
 dq 1
times 510-($-$$) db 0
dw 0xaa55
