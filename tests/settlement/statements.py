"""Statement files as banks write them, for tests."""

OURS = "1900000001"

LAYOUT_A = f"""\
SAO KÊ TÀI KHOẢN;;;;;
Chủ tài khoản:;SAN OCOP MO PHONG;;;;
Số tài khoản:;{OURS};;;;
Loại tiền:;VND;;;;
Từ ngày 20/11/2026 đến ngày 21/11/2026;;;;;
;;;;;
Ngày giao dịch;Số tham chiếu;Ghi nợ;Ghi có;Số dư;Nội dung
Số dư đầu kỳ;;;;1.000.000;
20/11/2026 08:15:02;FT26324000001;;120.000;1.120.000;MBVCB.327. OC7K2M9QX chuyen tien
20/11/2026 09:00:00;FT26324000002;50.000;;1.070.000;HOAN TIEN DON OC7K2M9QX
21/11/2026 10:30:00;FT26325000001;;2.500.000;3.570.000;NGUYEN VAN A tra tien hang
Tổng cộng;;50.000;2.620.000;;
Số dư cuối kỳ;;;;3.570.000;
Chứng từ này được in từ hệ thống, không cần chữ ký;;;;;
"""

LAYOUT_B = f"""\
"Tài khoản / Account: {OURS}"
"Kỳ sao kê / Period: 21/11/2026 - 21/11/2026"

"Thời gian giao dịch","Mã giao dịch","Số tiền (VND)","Số dư","Nội dung giao dịch","Người chuyển","Tài khoản đối ứng"
"21/11/2026 07:01:09","BX0001","+120,000","1,120,000","OC7K2M9QX","TRAN THI B","0123456789"
"21/11/2026 07:02:10","BX0002","-50,000.00","1,070,000","Phi, dich vu","",""
"21/11/2026 07:03:11","BX0003","1,000,000.00","2,070,000","tien hang
dong hai","LE VAN C","0987654321"
"""

LAYOUT_C = f"""\
Số tài khoản: {OURS}
STT;Ngày hiệu lực/Value date;Diễn giải/Description;Phát sinh nợ/Debit;Phát sinh có/Credit
1;21/11/2026;OC7K2M9QX;;120000
2;21/11/2026;OC7K2M9QX;;120000
3;21/11/2026;PHI THANG 11;11000;
Tổng cộng;;;11000;240000
"""
