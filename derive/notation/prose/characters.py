"""Chinese text in one form: words and the ends of clauses are looked for as they are printed in the mainland, however a page is typed."""

from __future__ import annotations

import re

TRADITIONAL = (
    "層設為爲開狀態權擇標實陣數輸給閾學習個時導線歸雙變對單損訓練選點積轉換門記憶隱節網絡誤類預測應該長來兩後樣與則將當從這還沒會過間關隨機優項據"
    "維編碼譯歷參總終結構約條義論識帶讀寫圖稱採屬塊傳遞統級組細處復複觀現簡經繼續飽質雜難題驗號階連並啟動調訊區異確縮獨徑輪進達遠邊閉響顯頻顧駐內"
    "彎閥鄰詞語話問價詩庫錯準僅須幾億較負陽陰裡裏鍵腦軸幀誰訂興願樹遲貝諾佈適擴張釋"
)
SIMPLIFIED = (
    "层设为为开状态权择标实阵数输给阈学习个时导线归双变对单损训练选点积转换门记忆隐节网络误类预测应该长来两后样与则将当从这还没会过间关随机优项据"
    "维编码译历参总终结构约条义论识带读写图称采属块传递统级组细处复复观现简经继续饱质杂难题验号阶连并启动调讯区异确缩独径轮进达远边闭响显频顾驻内"
    "弯阀邻词语话问价诗库错准仅须几亿较负阳阴里里键脑轴帧谁订兴愿树迟贝诺布适扩张释"
)
TABLE = str.maketrans(TRADITIONAL, SIMPLIFIED)


OF_CHINESE = r"[\u3400-\u9fff，。、；：！？（）“”]"
STOP = re.compile(
    rf"(?<={OF_CHINESE})[,;:!?]|[,;:!?](?=\s?{OF_CHINESE})|(?<={OF_CHINESE})\.(?=\s|$|{OF_CHINESE})|;(?=[^;\n\]]{{1,8}}{OF_CHINESE})"
)
"""A sign from an English keyboard in Chinese text."""
STOPS = {",": "，", ";": "；", ":": "：", "!": "！", "?": "？", ".": "。"}


def simplified(text: str) -> str:
    """A text with simplified characters and Chinese punctuation in the place of traditional and English ones; each stands where the other stood."""
    return STOP.sub(lambda found: STOPS[found[0]], text.translate(TABLE)) if not text.isascii() else text
